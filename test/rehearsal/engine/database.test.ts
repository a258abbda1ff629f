import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { ROOT } from '../../support/rehearse.ts';

const script = `
  import { startDatabase } from './packages/rehearsal/src/engine/database.ts';
  import pg from 'pg';
  process.on('SIGINT', () => {});
  const database = startDatabase();
  const connectionString = await database.url('production');
  const ask = async () => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    const { rows } = await client.query('select 1 as one');
    await client.end();
    return rows[0].one;
  };
  await ask();
  process.kill(-process.pid, 'SIGINT');
  process.stdout.write('answered ' + (await ask()));
  await database.close();
`;

test('a Ctrl-C at the terminal does not end the database, which a cancelled run still needs', async () => {
  // The leader of a process group of its own, as a command at a terminal is.
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(output).toBe('answered 1');
});
