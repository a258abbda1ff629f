import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lazyPort } from '@hospital-ops/action-kit/lazy';
import type { Kit } from '@hospital-ops/action-kit/run-action';
import type { GitHubApi } from '@hospital-ops/github/api';
import type { Branches } from '@hospital-ops/github/branches';
import { readContext } from '@hospital-ops/github/context';
import type { RecordDeps } from './deps.ts';
import type { RecordInputs } from './inputs.ts';

/** Returns what `run` needs; `saveState` keeps what the post step must know. */
export const connect = async (
  { table, token }: RecordInputs,
  kit: Kit,
  saveState: RecordDeps['saveState'],
): Promise<RecordDeps> => {
  const { env, log, clock, signal, redact } = kit;
  if (token) kit.addSecret(token);
  const context = readContext(env, (path) => readFileSync(path, 'utf8'));
  const { repository, apiUrl } = context;
  const options = token && repository && { token, repository, apiUrl, clock, signal, log, survivesCancellation: true };
  const github = options
    ? lazyPort<GitHubApi>(async () => (await import('@hospital-ops/github/client')).createGitHubApi(options))
    : undefined;
  const branches = options
    ? lazyPort<Branches>(async () => (await import('@hospital-ops/github/branches-client')).createBranches(options))
    : undefined;
  const client = table === undefined ? undefined : await import('@hospital-ops/aws/dynamodb/client');
  return {
    table: table === undefined ? undefined : client?.createTable(table, { clock, signal }),
    github,
    branches,
    run: context,
    clock,
    log,
    signal,
    random: Math.random,
    writer: randomUUID(),
    redact,
    saveState,
  };
};
