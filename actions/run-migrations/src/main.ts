import { randomUUID } from 'node:crypto';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { parseMigrationInputs } from './inputs.ts';
import { failedOutputs, outputs, runMigrations } from './run.ts';

export { outputs };

export const main = () =>
  runAction({
    name: 'run-migrations',
    outputs,
    parse: parseMigrationInputs,
    connect: async (_, { clock, env, log, signal }) => {
      const [{ createEcs }, { createLogs }] = await Promise.all([
        import('@hospital-ops/aws/ecs/client'),
        import('@hospital-ops/aws/logs/client'),
      ]);
      const context = { clock, signal };
      const run = { runId: env.GITHUB_RUN_ID || randomUUID(), attempt: env.GITHUB_RUN_ATTEMPT || '1' };
      return { ecs: createEcs(context), logs: createLogs(context), clock, log, signal, run };
    },
    run: runMigrations,
    failedOutputs,
  });
