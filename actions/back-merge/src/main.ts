import { readFileSync } from 'node:fs';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { readContext } from '@hospital-ops/github/context';
import { parseBackMergeInputs } from './inputs.ts';
import { outputs, runBackMerge } from './run.ts';

export const main = () =>
  runAction({
    name: 'back-merge',
    outputs,
    parse: parseBackMergeInputs,
    connect: async ({ token }, { env, log, clock, signal, addSecret, redact }) => {
      addSecret(token);
      const { repository, apiUrl, runUrl } = readContext(env, (path) => readFileSync(path, 'utf8'));
      if (repository === undefined) throw new OpsError({ what: 'GITHUB_REPOSITORY names no repository.' });
      const options = { token, repository, apiUrl, clock, signal, log };
      const { createBranches } = await import('@hospital-ops/github/branches-client');
      const { createPullRequests } = await import('@hospital-ops/github/pull-requests-client');
      return {
        branches: createBranches(options),
        pullRequests: createPullRequests(options),
        runUrl,
        log,
        redact,
      };
    },
    run: runBackMerge,
  });
