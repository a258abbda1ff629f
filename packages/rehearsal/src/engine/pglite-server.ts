import { openAsBlob, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { findInstalled } from './builder/dependencies.ts';
import { errorResponse } from './postgres/frames.ts';
import { serveClient } from './postgres/serve-client.ts';
import type { Session } from './postgres/session.ts';
import { openSession } from './postgres/session.ts';
import type { SharedSession } from './postgres/shared-session.ts';
import { shareSession } from './postgres/shared-session.ts';

/** Where the empty database of this PGlite is kept: making it takes 4 s of a core and 900 MB, loading it 0.8 s and 400 MB. */
const cacheFile = (): string | undefined => {
  const modules = findInstalled('@electric-sql/pglite');
  if (modules === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(join(modules, '@electric-sql', 'pglite', 'package.json'), 'utf8'));
  return join(modules, '.cache', 'hospital-ops-rehearsal', `pglite-${version}.tar.gz`);
};

type Pglite = typeof import('@electric-sql/pglite').PGlite;

const load = async (pglite: Pglite, file: string): Promise<PGlite | undefined> => {
  try {
    return await pglite.create({ loadDataDir: await openAsBlob(file, { type: 'application/x-gzip' }) });
  } catch {
    // Not there yet, or not readable: it is made again.
    return undefined;
  }
};

const keep = async (db: PGlite, file: string): Promise<void> => {
  const partial = `${file}.${process.pid}`;
  try {
    const dump = await db.dumpDataDir('gzip');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(partial, Buffer.from(await dump.arrayBuffer()));
    await rename(partial, file);
  } catch {
    // A folder that cannot be written costs time at the next start and nothing else.
    await rm(partial, { force: true }).catch(() => {});
  }
};

const open = async (): Promise<PGlite> => {
  const { PGlite: pglite } = await import('@electric-sql/pglite');
  const file = cacheFile();
  const loaded = file && (await load(pglite, file));
  if (loaded) return loaded;
  const created = await pglite.create('memory://');
  if (file) await keep(created, file);
  return created;
};

// Ends with the process that started it, however that ends.
process.stdin.on('end', () => process.exit(0)).resume();

const lost = (why: unknown): never => {
  process.stderr.write(`the embedded PostgreSQL ended: ${why instanceof Error ? why.stack : JSON.stringify(why)}\n`);
  process.exit(1);
};

const idleInTransactionMs = Number(process.argv[2]);
let opened: Promise<{ readonly session: Session; readonly shared: SharedSession }> | undefined;
const database = () => {
  opened ??= open()
    .then((db) => openSession(db, lost))
    .then((session) => ({ session, shared: shareSession(session) }));
  return opened;
};

let clients = 0;
const serve = async (socket: Socket): Promise<void> => {
  // Whoever goes while the database starts must not take it along.
  socket.on('error', () => {});
  clients += 1;
  const id = clients;
  await serveClient({ socket, id, ...(await database()), idleInTransactionMs });
};

if (process.argv[3] === 'soon') await database();
const server = createServer({ noDelay: true }, (socket) => {
  serve(socket).catch((error) => {
    socket.write(errorResponse('FATAL', '57P03', `the embedded PostgreSQL ended: ${String(error)}`));
    lost(error);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
