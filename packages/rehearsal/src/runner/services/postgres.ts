import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { runProcess } from '../processes.ts';
import { ENVIRONMENT, startDaemon } from './daemon.ts';
import type { ServiceSpec, ServiceTools } from './service-engine.ts';

/** What the image's entry point reads (Docker Hub, postgres, "Environment Variables"). */
export const POSTGRES_ENV = ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB', 'POSTGRES_HOST_AUTH_METHOD'];

/** PostgreSQL refuses to run as root; its image and this take another user. */
const NOBODY = { uid: 65_534, gid: 65_534 };

const makeCluster = async (
  programs: string,
  folder: string,
  { user, password, trust }: { user: string; password: string; trust: boolean },
  runAs: typeof NOBODY | undefined,
): Promise<void> => {
  const passwords = join(folder, 'password');
  writeFileSync(passwords, `${password}\n`, { mode: 0o600 });
  if (runAs !== undefined) for (const path of [folder, passwords]) chownSync(path, runAs.uid, runAs.gid);
  const lines: string[] = [];
  const auth = trust ? 'trust' : 'scram-sha-256';
  const { exitCode } = await runProcess({
    file: join(programs, 'initdb'),
    args: [
      ...['--pgdata', join(folder, 'data'), '--username', user, '--encoding', 'UTF8', '--no-locale', '--no-sync'],
      ...['--auth', auth, ...(trust ? [] : ['--pwfile', passwords])],
    ],
    cwd: folder,
    env: ENVIRONMENT,
    user: runAs,
    signal: new AbortController().signal,
    grace: { interruptMs: 1_000, terminateMs: 1_000 },
    onLine: (line) => lines.push(line),
  });
  rmSync(passwords);
  if (exitCode !== 0) throw new Error(`PostgreSQL's initdb failed: ${lines.slice(-3).join(' ')}`);
};

/** Starts a PostgreSQL of this machine as the image would set it up: user, password and database from its environment. */
export const startPostgres = async (
  programs: string,
  port: number,
  { env }: ServiceSpec,
  tools: ServiceTools,
): Promise<() => Promise<void>> => {
  const user = env.POSTGRES_USER || 'postgres';
  const password = env.POSTGRES_PASSWORD ?? '';
  const database = env.POSTGRES_DB || user;
  const trust = env.POSTGRES_HOST_AUTH_METHOD === 'trust';
  if (password === '' && !trust) {
    throw new Error('Database is uninitialized and superuser password is not specified: set POSTGRES_PASSWORD.');
  }
  const runAs = process.getuid?.() === 0 ? NOBODY : undefined;
  // Another user may not see into the job's own folder.
  const folder = mkdtempSync(join(runAs === undefined ? tools.temp : tmpdir(), 'postgres-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const query = async (name: string, sql: string) => {
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: name });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end().catch(() => {});
    }
  };
  try {
    await makeCluster(programs, folder, { user, password, trust }, runAs);
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
    const daemon = await startDaemon({
      what: 'PostgreSQL',
      file: join(programs, 'postgres'),
      args: ['-D', join(folder, 'data'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      cwd: folder,
      user: runAs,
      signal: tools.signal,
      probe: () => query('postgres', 'select 1'),
    });
    if (database !== 'postgres') await query('postgres', `create database ${pg.escapeIdentifier(database)}`);
    return async () => {
      await daemon.stop();
      remove();
    };
  } catch (error) {
    remove();
    throw error;
  }
};
