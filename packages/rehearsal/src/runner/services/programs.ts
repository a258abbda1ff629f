import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from '../on-path.ts';

const folders = (parent: string): string[] => (existsSync(parent) ? readdirSync(parent) : []);

/** Where Debian, Homebrew and PostgreSQL's own installer put servers that are not on PATH; the newest first. */
const postgresFolders = (): string[] => [
  ...folders('/usr/lib/postgresql')
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join('/usr/lib/postgresql', version, 'bin')),
  '/usr/local/pgsql/bin',
  '/opt/homebrew/opt/postgresql/bin',
];

const path = (): string => process.env.PATH ?? '';

/** Returns the folder with PostgreSQL's initdb and postgres, undefined where this machine has none. */
export const findPostgres = (): string | undefined => {
  const [first] = [...path().split(':'), ...postgresFolders()]
    .filter((folder) => findProgram('initdb', folder) !== undefined)
    .filter((folder) => findProgram('postgres', folder) !== undefined);
  return first;
};

/** Returns the Redis server of this machine, undefined where there is none. */
export const findRedis = (): string | undefined => {
  const program = findProgram('redis-server', path(), ['/usr/local/bin', '/usr/sbin']);
  return program && join(dirname(program), 'redis-server');
};
