import { randomUUID } from 'node:crypto';
import { lazyPort } from '@hospital-ops/action-kit/lazy';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { namesSecret } from '@hospital-ops/action-kit/secrets';
import { parseMigrationInputs } from './inputs.ts';
import { failedOutputs, outputs, runMigrations } from './run.ts';

export { outputs };

/** What of a variable is secret: all of it by its name, or the password in an address. */
const secretsOf = (name: string, value: string): string[] => {
  if (namesSecret(name)) return [value];
  const password = URL.canParse(value) ? new URL(value).password : '';
  return password === '' ? [] : [password, decodeURIComponent(password)];
};

export const main = () =>
  runAction({
    name: 'run-migrations',
    outputs,
    parse: parseMigrationInputs,
    connect: async (inputs, { clock, env, log, signal, addSecret }) => {
      // Programs print how they were called: what is named like a secret is masked wherever it is shown.
      for (const [name, value] of inputs.environment) for (const secret of secretsOf(name, value)) addSecret(secret);
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
