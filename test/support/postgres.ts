import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@hospital-ops/rehearsal/engine/ports';
import pg from 'pg';
import { describeWith, orError } from './engines.ts';

/** A PostgreSQL server of its own, on a free port of 127.0.0.1. */
export interface Postgres {
  readonly url: string;
  query(sql: string): Promise<ReadonlyArray<Record<string, unknown>>>;
  /** A session of its own, which the caller ends. */
  connect(): Promise<pg.Client>;
  close(): Promise<void>;
}

/** Where Debian and its kin keep the server's programs, which are not on the PATH there. */
const DEBIAN = '/usr/lib/postgresql';

const folderOfPrograms = (): string => {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => existsSync(join(folder, 'postgres')))
    // The server finds its files from where it really is.
    .map((folder) => dirname(realpathSync(join(folder, 'postgres'))));
  const found = [...onPath, ...versions.map((version) => join(DEBIAN, version, 'bin'))];
  const folder = found.find((candidate) => existsSync(join(candidate, 'initdb')));
  if (folder === undefined) throw new Error('there are no programs of a PostgreSQL server');
  return folder;
};

/** PostgreSQL refuses to be run by root. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** Nobody may not look into root's folders: what was unpacked there is copied. Returns the folder of its programs. */
const reachable = (programs: string, home: string): string => {
  if (!isRoot || programs.startsWith('/usr/')) return programs;
  // <root>/usr/lib/postgresql/15/bin
  cpSync(join(programs, '..', '..', '..', '..'), join(home, 'usr'), { recursive: true });
  const [version = ''] = readdirSync(join(home, 'usr/lib/postgresql'));
  return join(home, 'usr/lib/postgresql', version, 'bin');
};

/** Libraries that came along with unpacked programs. */
const librariesOf = (programs: string): string => {
  const lib = join(programs, '..', '..', '..');
  return readdirSync(lib)
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join(lib, name))
    .join(delimiter);
};

const startPostgres = async (): Promise<Postgres> => {
  const home = mkdtempSync(join(tmpdir(), 'postgres-test-'));
  chmodSync(home, 0o755);
  try {
    const programs = reachable(folderOfPrograms(), home);
    const data = join(home, 'data');
    mkdirSync(data);
    if (isRoot) chownSync(data, NOBODY, NOBODY);
    const env = { PATH: process.env.PATH ?? '', LD_LIBRARY_PATH: librariesOf(programs), TZ: 'UTC', LC_ALL: 'C' };
    const options = { ...asNobody, env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'] };
    const rules = ['--auth=trust', '--username=postgres', '--locale=C', '--encoding=UTF8', '--no-sync'];
    execFileSync(join(programs, 'initdb'), ['-D', data, ...rules], options);
    const port = await freePort();
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      jit: 'off',
      timezone: 'GMT',
      log_timezone: 'GMT',
      shared_buffers: '16MB',
    };
    const child = spawn(
      join(programs, 'postgres'),
      [
        '-D',
        data,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      options,
    );
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const exited = once(child, 'exit');
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const connect = async () => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    };
    for (let tries = 0; ; tries += 1) {
      try {
        await (await connect()).end();
        break;
      } catch (error) {
        if (child.exitCode !== null || tries > 600)
          throw new Error(`PostgreSQL did not start: ${said}`, { cause: error });
        await pause(50);
      }
    }
    return {
      url,
      connect,
      query: async (sql) => {
        const client = await connect();
        try {
          return (await client.query(sql)).rows;
        } finally {
          await client.end();
        }
      },
      close: async () => {
        child.kill('SIGQUIT');
        await exited;
        rmSync(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
};

/** Starts a server for a file of tests. */
export const thePostgres = (): Promise<Postgres | Error> => orError(startPostgres());

export const describeWithPostgres = describeWith<Postgres>('PostgreSQL');
