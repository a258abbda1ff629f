import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { ownProcessEnv } from '../own-process.ts';

export interface Database {
  /** One sentence about what this database is and cannot show. */
  readonly limits: string;
  /**
   * Returns the connection string of an environment's own, empty database; it is made at the first call. An embedded one
   * takes seconds of a processor to start: it does so now when it is needed `soon`, else when somebody connects.
   */
  url(environment: string, soon?: boolean): Promise<string>;
  close(): Promise<void>;
}

interface DatabaseOptions {
  readonly url?: string | undefined;
  readonly idleInTransactionMs?: number;
}

interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** PGlite in a process of its own: starting and querying it would block this one for seconds. */
const startPglite = async (idleInTransactionMs: number, soon: boolean): Promise<Server> => {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      // It lives for seconds: optimising its WebAssembly costs as much time again as the start, and never pays.
      '--liftoff-only',
      join(import.meta.dirname, 'pglite-server.ts'),
      String(idleInTransactionMs),
      soon ? 'soon' : 'on-demand',
    ],
    {
      env: { PATH: process.env.PATH ?? '', ...ownProcessEnv() },
      // A Ctrl-C at the terminal cancels the run, which goes on to use the database until it has ended.
      detached: true,
      // Its standard input ends with this process, and so does it.
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const exited = once(child, 'exit');
  let problem = '';
  child.stderr.on('data', (chunk) => {
    problem += chunk;
  });
  const port = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line)),
    exited.then(() => {
      throw new Error(`the embedded PostgreSQL did not start: ${problem.trim() || 'it said nothing'}`);
    }),
  ]);
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    close: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
};

const execute = async (url: string, sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => {});
  }
};

/** A database of its own on a server that is there; nothing else on the server is touched. */
const createOnServer = async (server: string, environment: string): Promise<Server> => {
  const suffix = `${environment.toLowerCase().replace(/[^a-z0-9]+/g, '_')}_${randomBytes(4).toString('hex')}`;
  const name = `rehearsal_${suffix}`;
  await execute(server, `create database "${name}"`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, close: () => execute(server, `drop database if exists "${name}" with (force)`) };
};

/**
 * Returns databases for environments: embedded PostgreSQL (PGlite) on free ports of 127.0.0.1, or with `url` databases on
 * that server, which are dropped by close(). `url(…)` rejects when the server cannot be reached.
 * PGlite's one session is taken from a client that does nothing in a transaction for `idleInTransactionMs`.
 */
export const startDatabase = ({ url: server, idleInTransactionMs = 30_000 }: DatabaseOptions = {}): Database => {
  const databases = new Map<string, Promise<Server>>();
  return {
    limits: server
      ? 'The database is the PostgreSQL server of DATABASE_URL; each environment has a database of its own there, dropped at the end.'
      : 'The database is PGlite, PostgreSQL in one process and one session: clients take turns and wait for an open transaction, advisory locks exclude nobody, time limits of statements are not kept, there is no COPY FROM STDIN, so it shows whether migrations run, not how they lock or wait.',
    url: async (environment, soon = false) => {
      let pending = databases.get(environment);
      if (!pending) {
        pending = server ? createOnServer(server, environment) : startPglite(idleInTransactionMs, soon);
        databases.set(environment, pending);
      }
      return (await pending).url;
    },
    close: async () => {
      const opened = await Promise.allSettled(databases.values());
      databases.clear();
      await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
    },
  };
};
