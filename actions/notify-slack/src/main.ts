import { readFileSync } from 'node:fs';
import type { Kit } from '@hospital-ops/action-kit/run-action';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { deliveryPorts, patienceFor } from '@hospital-ops/chat/http/ports';
import { runFactsOf } from '@hospital-ops/chat/run-facts';
import { createSlackBot } from '@hospital-ops/chat/slack/bot';
import { createSlackWebhook } from '@hospital-ops/chat/slack/webhook';
import { secretsOf } from '@hospital-ops/chat/webhook-url';
import { readContext } from '@hospital-ops/github/context';
import { lookUpsOf } from '@hospital-ops/github/look-ups';
import type { SlackInputs } from './inputs.ts';
import { parseSlackInputs } from './inputs.ts';
import type { SlackDeps } from './run.ts';
import { outputs, runNotifySlack } from './run.ts';

const connect = ({ webhook, bot, token, status, sha }: SlackInputs, kit: Kit): SlackDeps => {
  const { env, log, clock, signal } = kit;
  const secrets = [...(webhook === undefined ? [] : secretsOf(webhook)), bot?.token, token];
  for (const secret of secrets) if (secret !== undefined) kit.addSecret(secret);
  const ports = deliveryPorts(kit, status);
  const own = readContext(env, (path) => readFileSync(path, 'utf8'));
  const context = { ...own, sha: sha ?? own.sha };
  const lookUps = lookUpsOf(context, { token, clock, signal, log, patienceMs: patienceFor(status) });
  const transport =
    bot === undefined ? webhook && createSlackWebhook(webhook, ports) : createSlackBot(bot.token, bot.channel, ports);
  return {
    transport,
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
    name: 'notify-slack',
    outputs,
    parse: parseSlackInputs,
    connect,
    run: runNotifySlack,
    failedOutputs: (error) => ({ sent: 'false', error: error.what }),
  });
