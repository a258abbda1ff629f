import { readFileSync } from 'node:fs';
import { reasonOf } from '@hospital-ops/action-kit/errors';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { readContext } from '@hospital-ops/github/context';
import { textAt } from '@hospital-ops/github/json';
import { parsePlanInputs } from './inputs.ts';
import { outputs, runReleasePlan } from './run.ts';

export const main = () =>
  runAction({
    name: 'release-plan',
    outputs,
    failedOutputs: (error) => ({ reason: reasonOf(error) }),
    parse: parsePlanInputs,
    connect: (_, { env, log }) => {
      const { ref, payload } = readContext(env, (path) => readFileSync(path, 'utf8'));
      return { reference: { ref, releaseTag: textAt(payload, 'release', 'tag_name') }, log };
    },
    run: runReleasePlan,
  });
