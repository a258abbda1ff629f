import { readFileSync } from 'node:fs';
import { OpsError, reasonOf } from '@hospital-ops/action-kit/errors';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { readContext } from '@hospital-ops/github/context';
import { parseGateInputs } from './inputs.ts';
import { outputs, runReleaseGate } from './run.ts';

export const main = () =>
  runAction({
    name: 'release-gate',
    outputs,
    failedOutputs: (error) => ({ reason: reasonOf(error) }),
    parse: parseGateInputs,
    connect: async ({ token }, { env, log, clock, signal, addSecret }) => {
      addSecret(token);
      const { ref, sha, repository, apiUrl } = readContext(env, (path) => readFileSync(path, 'utf8'));
      if (repository === undefined) throw new OpsError({ what: 'GITHUB_REPOSITORY names no repository.' });
      const { createBranches } = await import('@hospital-ops/github/branches-client');
      return { ref, sha, branches: createBranches({ token, repository, apiUrl, clock, signal, log }), log };
    },
    run: runReleaseGate,
  });
