import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createDiscordWebhook } from '@hospital-ops/chat/discord/webhook';
import { createHttpSender } from '@hospital-ops/chat/http/client';
import type { NotifyDeps } from '@hospital-ops/chat/notify';
import { createSlackBot } from '@hospital-ops/chat/slack/bot';
import { startChat } from '@hospital-ops/rehearsal/chat/chat';
import { parseDiscordInputs } from '../../actions/notify-discord/src/inputs.ts';
import { runNotifyDiscord } from '../../actions/notify-discord/src/run.ts';
import { parseSlackInputs } from '../../actions/notify-slack/src/inputs.ts';
import { runNotifySlack } from '../../actions/notify-slack/src/run.ts';
import { SCENES } from './scenes.ts';

export interface Preview {
  /** `slack-rolled-back`. */
  readonly name: string;
  readonly service: 'slack' | 'discord';
  /** As it came over the wire. */
  readonly payload: unknown;
}

type Given = Readonly<Record<string, string>>;

const RUN_URL = 'https://github.com/rivercare/hospital-ops/actions/runs/4711';
const commit = (sha: string, subject: string, author: string) => ({
  sha: sha.padEnd(40, '0'),
  subject,
  author,
  url: `https://github.com/rivercare/hospital-ops/commit/${sha.padEnd(40, '0')}`,
});

/** Everything that a run knows beside its inputs. */
const around = (clock: FakeClock): Omit<NotifyDeps<never>, 'service' | 'transport' | 'render'> => ({
  run: {
    repository: 'rivercare/hospital-ops',
    workflow: 'Deploy production',
    refName: 'v1.1.0',
    sha: '8c2f1d9'.padEnd(40, '0'),
    actor: 'asha',
    runNumber: 7,
    runUrl: RUN_URL,
    serverUrl: 'https://github.com',
  },
  failedJobs: async () => [{ name: 'deploy / Release', url: `${RUN_URL}/job/815`, step: 'Deploy' }],
  changelog: async (from) => ({
    from,
    entries: [
      commit('8c2f1d9', 'Show the triage queue by urgency (#412)', 'asha'),
      commit('51b0e77', 'Ask for consent before sharing a record (#409)', 'ravi'),
      commit('0e9a4c2', 'Update dependencies (#407)', 'renovate[bot]'),
    ],
    total: 12,
    behind: 0,
    url: `https://github.com/rivercare/hospital-ops/compare/${from}...v1.1.0`,
  }),
  startedAt: async () => clock.now() - 252_000,
  now: () => clock.now(),
  redact: (text) => text,
  log: createMemoryLog(),
});

/** Runs both notify actions on every scene against the stand-ins, and returns what these received. */
export const capturePreviews = async (): Promise<readonly Preview[]> => {
  const clock = new FakeClock();
  const chat = startChat({ now: () => clock.now() });
  const server = createServer((request, response) => {
    clock.advance(2_000);
    chat.route(request.url?.startsWith('/api/webhooks/') ? 'discord.com' : 'slack.com')?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  const ports = { send: createHttpSender({}), clock, signal: new AbortController().signal };
  const common = { 'failed-jobs': 'true', 'fail-on-error': 'true' };
  const webhook = `${base}webhooks/123456789012345678/token`;
  const notifiers = {
    slack: (given: Given) => {
      const bot = { 'bot-token': 'xoxb-1', channel: 'C0123ABCD', 'mention-on-failure': 'S0ONCALL' };
      const inputs = parseSlackInputs(new Map(Object.entries({ ...common, ...bot, ...given })), () => '');
      return runNotifySlack(inputs, {
        ...around(clock),
        transport: createSlackBot('xoxb-1', 'C0123ABCD', ports, base),
      });
    },
    discord: (given: Given) => {
      const to = { 'webhook-url': webhook, 'mention-on-failure': 'role:100000000000000001' };
      const inputs = parseDiscordInputs(new Map(Object.entries({ ...common, ...to, ...given })), () => '');
      return runNotifyDiscord(inputs, { ...around(clock), transport: createDiscordWebhook(new URL(webhook), ports) });
    },
  };
  const sent = async (service: keyof typeof notifiers, given: Given): Promise<string> => {
    const { outputs, failure } = await notifiers[service](given);
    if (failure) throw failure;
    return outputs['message-id'] ?? '';
  };
  const previews: Preview[] = [];
  try {
    for (const { name, inputs, after } of SCENES) {
      for (const service of ['slack', 'discord'] as const) {
        const id = after === undefined ? '' : await sent(service, { ...inputs, stage: 'starting' });
        clock.advance((after ?? 0) * 1000);
        await sent(service, id === '' ? inputs : { ...inputs, 'message-id': id });
        previews.push({ name: `${service}-${name}`, service, payload: chat.requests().at(-1)?.payload });
      }
    }
    return previews;
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
