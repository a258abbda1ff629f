import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { createRepository } from '@hospital-ops/git/client';
import { readContext } from '@hospital-ops/github/context';
import { parseDetectInputs } from './inputs.ts';
import { outputs, runDetectChanges } from './run.ts';

export const main = () =>
  runAction({
    name: 'detect-changes',
    outputs,
    parse: parseDetectInputs,
    connect: (inputs, { env, log, clock, signal, addSecret }) => {
      if (inputs.token) addSecret(inputs.token);
      const event = readContext(env, (path) => readFileSync(path, 'utf8'));
      if (event.payloadProblem !== undefined) log.warning(event.payloadProblem);
      const repository = createRepository({
        directory: resolve(env.GITHUB_WORKSPACE ?? process.cwd(), inputs.workingDirectory),
        env,
        signal,
        clock,
        temporary: env.RUNNER_TEMP ?? tmpdir(),
        token: inputs.token,
        serverUrl: event.serverUrl,
      });
      return { repository, event, log };
    },
    run: runDetectChanges,
  });
