import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as core from '@actions/core';
import { lazyPort } from '@hospital-ops/action-kit/lazy';
import type { Kit } from '@hospital-ops/action-kit/run-action';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { Summary } from '@hospital-ops/action-kit/summary';
import type { GitHubApi } from '@hospital-ops/github/api';
import { readContext } from '@hospital-ops/github/context';
import { runClose } from './close.ts';
import type { RecordDeps } from './deps.ts';
import type { RecordInputs } from './inputs.ts';
import { parseRecordInputs } from './inputs.ts';
import { failedOutputs, outputs, runRecord } from './run.ts';

const connect = async ({ table, token }: RecordInputs, kit: Kit): Promise<RecordDeps> => {
  const { env, log, clock, signal, redact } = kit;
  if (token) kit.addSecret(token);
  const context = readContext(env, (path) => readFileSync(path, 'utf8'));
  const { repository, apiUrl } = context;
  const github =
    token && repository
      ? lazyPort<GitHubApi>(async () =>
          (await import('@hospital-ops/github/client')).createGitHubApi({
            token,
            repository,
            apiUrl,
            clock,
            signal,
            survivesCancellation: true,
          }),
        )
      : undefined;
  const client = table === undefined ? undefined : await import('@hospital-ops/aws/dynamodb/client');
  return {
    table: table === undefined ? undefined : client?.createTable(table, { clock, signal }),
    github,
    run: context,
    clock,
    log,
    signal,
    random: Math.random,
    writer: randomUUID(),
    redact,
    saveState: core.saveState,
  };
};

/** In the post step, which runs the same file: `main` is true there, and `id` that of a deployment that was begun. */
const state = () => ({ main: core.getState('main') === 'true', id: core.getState('id') });

/** Closes the deployment `id` if it is open; without one there is nothing to close. */
const post = (id: string) =>
  runAction({
    name: 'deployment-record',
    outputs: [],
    parse: (raw, readFile) => (id === '' ? undefined : parseRecordInputs(raw, readFile)),
    connect: async (inputs, kit) => inputs && { inputs, deps: await connect(inputs, kit) },
    run: async (_, open) => (open ? runClose(open.inputs, open.deps, id) : { outputs: {}, summary: new Summary() }),
  });

export const main = () => {
  const { main: isPost, id } = state();
  if (isPost) return post(id);
  core.saveState('main', 'true');
  return runAction({
    name: 'deployment-record',
    outputs,
    parse: parseRecordInputs,
    connect,
    run: runRecord,
    failedOutputs,
  });
};
