import { openAsBlob, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { findInstalled } from './builder/dependencies.ts';
import { freePort } from './ports.ts';

/** The default of one connection drops every other client; each task of each service holds a pool. */
const maxConnections = 100;

/** Where the empty database of this PGlite is kept: making it takes 4 s of a core and 900 MB, loading it 0.8 s and 400 MB. */
const cacheFile = (): string | undefined => {
  const modules = findInstalled('@electric-sql/pglite');
  if (modules === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(join(modules, '@electric-sql', 'pglite', 'package.json'), 'utf8'));
  return join(modules, '.cache', 'hospital-ops-rehearsal', `pglite-${version}.tar.gz`);
};

const load = async (file: string): Promise<PGlite | undefined> => {
  try {
    return await PGlite.create({ loadDataDir: await openAsBlob(file, { type: 'application/x-gzip' }) });
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
  const file = cacheFile();
  const loaded = file && (await load(file));
  if (loaded) return loaded;
  const created = await PGlite.create('memory://');
  if (file) await keep(created, file);
  return created;
};

// Ends with the process that started it, however that ends.
process.stdin.on('end', () => process.exit(0)).resume();

const db = await open();
const port = await freePort();
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port, maxConnections });
await server.start();
process.stdout.write(`${port}\n`);
