import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatError, OpsError } from '@hospital-ops/action-kit/errors';
import { findDocker } from '../engine/docker/find.ts';
import { parseRehearseArguments, USAGE, UsageError } from './arguments.ts';
import { ensureSuite } from './build-suite.ts';
import { createDisplay } from './display.ts';
import { listing } from './listing.ts';
import type { RehearseResult } from './rehearse.ts';
import { rehearse } from './rehearse.ts';
import { tell } from './tell.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

const main = async (argv: readonly string[]): Promise<number> => {
  const args = parseRehearseArguments(argv);
  if (args.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (args.list) {
    process.stdout.write(`${listing(args.repo, ROOT)}\n`);
    return 0;
  }
  const docker = args.engine === 'docker' ? await findDocker(process.env) : undefined;
  const controller = new AbortController();
  process.on('SIGINT', () => controller.abort());
  process.on('SIGTERM', () => controller.abort());
  const display = createDisplay(process.stdout);
  try {
    display.say(`rehearsing ${args.workflow} of ${args.repo ?? 'the sample hospital'}`);
    await ensureSuite(ROOT, () =>
      display.say('building the suite: half a minute or more, once and after changes of its sources'),
    );
    const say = (ended: RehearseResult) => {
      display.close();
      process.stdout.write(tell(ended));
    };
    const keep = (env: Readonly<Record<string, string>>, ended: RehearseResult) => {
      say(ended);
      return linger(env, controller.signal);
    };
    const result = await rehearse({
      args,
      root: ROOT,
      suite: join(ROOT, 'dist'),
      display,
      signal: controller.signal,
      databaseUrl: process.env.DATABASE_URL,
      docker,
      ...(args.keep ? { linger: keep } : {}),
    });
    if (!args.keep) say(result);
    return exitCodeOf(result);
  } finally {
    display.close();
  }
};

/** What was asked for and did not happen is neither a success nor the failure that somebody may wait for. */
const exitCodeOf = ({ rehearsal, findings, unplayed }: RehearseResult): number => {
  if (unplayed.length > 0) return 3;
  return rehearsal.conclusion === 'success' && findings.length === 0 ? 0 : 1;
};

/** Keeps everything up until Ctrl-C and says how to look around. */
const linger = async (env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> => {
  const shown = ['AWS_ENDPOINT_URL', 'GITHUB_API_URL', 'HTTPS_PROXY', 'SSL_CERT_FILE'].map(
    (name) => `  ${name}=${env[name]}`,
  );
  process.stdout.write(`\nEverything stays up until Ctrl-C:\n${shown.join('\n')}\n`);
  await sleep(2 ** 31 - 1, undefined, { signal }).catch(() => undefined);
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const told = error instanceof OpsError ? formatError('rehearse', error) : `rehearse: ${messageOf(error)}`;
  process.stderr.write(`${told}\n`);
  if (error instanceof UsageError) process.stderr.write('Next: npm run rehearse -- --help\n');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
