import { readFileSync } from 'node:fs';
import type { Kit } from '@hospital-ops/action-kit/run-action';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { createDiscordWebhook } from '@hospital-ops/chat/discord/webhook';
import { deliveryPorts, patienceFor } from '@hospital-ops/chat/http/ports';
import { runFactsOf } from '@hospital-ops/chat/run-facts';
import { secretsOf } from '@hospital-ops/chat/webhook-url';
import { readContext } from '@hospital-ops/github/context';
import { lookUpsOf } from '@hospital-ops/github/look-ups';
import type { DiscordInputs } from './inputs.ts';
import { parseDiscordInputs } from './inputs.ts';
import type { DiscordDeps } from './run.ts';
import { outputs, runNotifyDiscord } from './run.ts';

const connect = ({ webhook, token, status, sha }: DiscordInputs, kit: Kit): DiscordDeps => {
  const { env, log, clock, signal } = kit;
  const secrets = [...(webhook === undefined ? [] : secretsOf(webhook)), token];
  for (const secret of secrets) if (secret !== undefined) kit.addSecret(secret);
  const ports = deliveryPorts(kit, status);
  const own = readContext(env, (path) => readFileSync(path, 'utf8'));
  const context = { ...own, sha: sha ?? own.sha };
  const lookUps = lookUpsOf(context, { token, clock, signal, log, patienceMs: patienceFor(status) });
  return {
    transport: webhook && createDiscordWebhook(webhook, ports),
    run: runFactsOf(context),
    failedJobs: lookUps?.failedJobs,
    changelog: lookUps?.changelog,
    startedAt: lookUps?.startedAt,
    now: clock.now,
    redact: kit.redact,
    log,
  };
};

export const main = () =>
  runAction({
    name: 'notify-discord',
    outputs,
    parse: parseDiscordInputs,
    connect,
    run: runNotifyDiscord,
    failedOutputs: (error) => ({ sent: 'false', error: error.what }),
  });
