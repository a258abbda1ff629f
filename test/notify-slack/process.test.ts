import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Chat } from '@hospital-ops/rehearsal/chat/chat';
import { startChat } from '@hospital-ops/rehearsal/chat/chat';
import type { Egress } from '@hospital-ops/rehearsal/egress/proxy';
import { startEgress } from '@hospital-ops/rehearsal/egress/proxy';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jobOf, startFixture } from '../rehearsal/github/fixture.ts';
import type { LocalGitHub } from '../support/local-github.ts';
import { REPOSITORY, TOKEN } from '../support/local-github.ts';

const SECRET = 'abcDEF0123456789secret';
const WEBHOOKS = {
  slack: `https://hooks.slack.com/services/T1/B1/${SECRET}`,
  discord: `https://discord.com/api/webhooks/123456789012345678/${SECRET}`,
} as const;
type Service = keyof typeof WEBHOOKS;

let temp: string;
let chat: Chat;
let egress: Egress;
let github: LocalGitHub;
beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'notify-'));
  chat = startChat({ knows: (_, credential) => !credential.includes('revoked') });
  egress = await startEgress({ temp, routes: chat.route });
  github = await startFixture({ jobs: [jobOf(1, 'success'), jobOf(2, 'failure')] });
});
afterAll(async () => {
  await Promise.all([egress.close(), github.close()]);
  await rm(temp, { recursive: true });
});

/** Runs an action as the runner does: inputs and context by environment, outputs and summary by files. */
const act = async (service: Service, inputs: Record<string, string>) => {
  const [output, summary] = [join(temp, 'output'), join(temp, 'summary')];
  await Promise.all([writeFile(output, ''), writeFile(summary, '')]);
  const env = {
    PATH: process.env.PATH ?? '',
    ...egress.env,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_WORKSPACE: temp,
    GITHUB_API_URL: github.github.url,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_RUN_ID: '99',
    GITHUB_SHA: github.git('rev-parse', 'main'),
    GITHUB_ACTOR: 'asha',
    'INPUT_FAILED-JOBS': 'true',
    'INPUT_FAIL-ON-ERROR': 'false',
    INPUT_TOKEN: TOKEN,
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
  const main = resolve(`actions/notify-${service}/src/main.ts`);
  const script = `import(${JSON.stringify(main)}).then(({ main }) => main())`;
  const { code, stdout } = await new Promise<{ code: number; stdout: string }>((done) => {
    execFile(process.execPath, ['-e', script], { env, timeout: 30_000 }, (error, out, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout: out + stderr }),
    );
  });
  const pairs = [...(await readFile(output, 'utf8')).matchAll(/^(\S+)<<(\S+)\n([\s\S]*?)\n\2$/gm)];
  const outputs = Object.fromEntries(pairs.map(([, name = '', , value = '']) => [name, value]));
  return { code, stdout, outputs, summary: await readFile(summary, 'utf8') };
};

describe.each<[Service]>([['slack'], ['discord']])('notify-%s as a process', (service) => {
  test('reaches its service through the proxy and lists the failed jobs', async () => {
    const given = { 'webhook-url': WEBHOOKS[service], status: 'failure', environment: 'production', version: '1.1.0' };
    const { code, stdout, outputs, summary } = await act(service, { ...given, 'changelog-from': 'v1.0.0' });
    expect(outputs).toMatchObject({ sent: 'true', error: '' });
    expect(code).toBe(0);
    const message = chat.messages().find((candidate) => candidate.service === service);
    const text = message?.lines.join('\n') ?? '';
    expect(message?.lines[0]).toBe('❌ hospital-ops 1.1.0 → production: failed');
    expect(text).toContain('job 2');
    expect(text).not.toContain('job 1');
    expect(text).toContain('change 1');
    // The one place where the address stands is the command that masks it.
    expect(stdout.replace(/^::add-mask::.*$/gm, '') + summary).not.toContain(SECRET);
    if (service === 'discord') expect(outputs['message-id']).toBe(message?.id);
  });

  test('a webhook that is gone is a warning, and a failure where that was asked for', async () => {
    const given = { 'webhook-url': WEBHOOKS[service].replace(SECRET, 'revoked00000'), status: 'success' };
    const soft = await act(service, given);
    expect([soft.code, soft.outputs.sent]).toEqual([0, 'false']);
    expect(soft.stdout).toContain('::warning title=');
    const hard = await act(service, { ...given, 'fail-on-error': 'true' });
    expect([hard.code, hard.outputs.sent]).toEqual([1, 'false']);
    expect(hard.outputs.error).toContain('create it anew');
    expect(hard.stdout).toContain('::error::');
  });
});
