import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { freePort } from './ports.ts';

/** The default of one connection drops every other client; each task of each service holds a pool. */
const maxConnections = 100;

const db = await PGlite.create('memory://');
const port = await freePort();
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port, maxConnections });
await server.start();
process.stdout.write(`${port}\n`);
// Ends with the process that started it, however that ends.
process.stdin.on('end', () => process.exit(0)).resume();
