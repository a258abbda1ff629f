import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOADED_HOOK, loadedCode } from '../support/loaded-code.ts';
import { median, print, table } from './figures.ts';

/** How soon a message is at the chat, and how much code that takes: with a webhook, and with GitHub's API asked too. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNS = 10;

const temp = mkdtempSync(join(tmpdir(), 'bench-notify-'));
const loaded = join(temp, 'loaded');
let arrived: () => void = () => undefined;
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url?.includes('/repos/')) return void response.end('{"total_count":0,"jobs":[]}');
    arrived();
    const body = request.url?.includes('discord') ? '{"id":"111111111111111111"}' : 'ok';
    response.end(body);
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const run = async (args: readonly string[], env: Record<string, string>) => {
  const start = performance.now();
  let atChat = Number.NaN;
  arrived = () => {
    atChat = performance.now() - start;
  };
  const child = spawn(process.execPath, [...args], { env: { PATH: process.env.PATH ?? '', ...env }, stdio: 'ignore' });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${args.at(-1)} ended with ${code}`);
  return { atChat, ms: performance.now() - start };
};

const inputs = (name: string, token: string): Record<string, string> => ({
  HOME: temp,
  GITHUB_WORKSPACE: temp,
  GITHUB_API_URL: base,
  GITHUB_REPOSITORY: 'rivercare/hospital-ops',
  GITHUB_RUN_ID: '1',
  'INPUT_WEBHOOK-URL': `${base}/${name}/services/T1/B1/benchmark0`,
  INPUT_STATUS: 'failure',
  'INPUT_FAILED-JOBS': 'true',
  'INPUT_FAIL-ON-ERROR': 'true',
  INPUT_THREAD: 'false',
  INPUT_TOKEN: token,
});

try {
  const rows: string[][] = [];
  for (const name of ['slack', 'discord']) {
    for (const [what, token] of [
      ['a message', ''],
      ['with failed jobs', 'ghs_benchmark'],
    ] as const) {
      const entry = join(ROOT, 'dist', `notify-${name}`, 'index.js');
      const env = inputs(name, token);
      writeFileSync(loaded, '');
      await run(['--import', LOADED_HOOK, entry], { ...env, LOADED_TO: loaded });
      const code = loadedCode(readFileSync(loaded, 'utf8'));
      const runs: number[] = [];
      const bare: number[] = [];
      for (let at = 0; at < RUNS; at += 1) {
        bare.push((await run(['-e', '0'], {})).ms);
        runs.push((await run([entry], env)).atChat);
      }
      const [ms, beside] = [median(runs), median(bare)];
      rows.push([
        `notify-${name}, ${what}`,
        `${(code.bytes / 1024).toFixed(0)} KiB`,
        code.octokit ? 'yes' : 'no',
        code.aws ? 'yes' : 'no',
        `${ms.toFixed(0)} ms`,
        `${beside.toFixed(0)} ms`,
      ]);
    }
  }
  print(`From the start of the process until the message is at the chat; medians of ${RUNS} runs.\n`);
  table(['what', 'code it loads', 'octokit', 'AWS', 'at the chat', 'bare node beside it'], rows);
} finally {
  server.closeAllConnections();
  server.close();
  rmSync(temp, { recursive: true });
}
