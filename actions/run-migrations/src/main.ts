import { randomUUID } from 'node:crypto';
import { lazyPort } from '@hospital-ops/action-kit/lazy';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { namesSecret } from '@hospital-ops/action-kit/secrets';
import { parseMigrationInputs } from './inputs.ts';
import { failedOutputs, outputs, runMigrations } from './run.ts';

export { outputs };

export const main = () =>
  runAction({
    name: 'run-migrations',
    outputs,
    parse: parseMigrationInputs,
    connect: async (inputs, { clock, env, log, signal, addSecret }) => {
      // Programs print how they were called: what is named like a secret is masked wherever it is shown.
      for (const [name, value] of inputs.environment) if (namesSecret(name)) addSecret(value);
      const { createEcs } = await import('@hospital-ops/aws/ecs/client');
      const context = { clock, signal };
      // A second step of the job with the same inputs asks for a task of its own.
      const step = `${env.GITHUB_JOB ?? ''} ${env.GITHUB_ACTION ?? ''}`;
      const run = { runId: env.GITHUB_RUN_ID || randomUUID(), attempt: env.GITHUB_RUN_ATTEMPT || '1', step };
      const logs = lazyPort(async () => (await import('@hospital-ops/aws/logs/client')).createLogs(context));
      return { ecs: createEcs(context), logs, clock, log, signal, run };
    },
    run: runMigrations,
    failedOutputs,
  });
