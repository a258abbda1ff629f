import { once } from 'node:events';
import { connect } from 'node:net';
import { startDatabase } from '@hospital-ops/rehearsal/engine/database';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

const database = startDatabase();
let url = '';

beforeAll(async () => {
  url = await database.url('test');
});
afterAll(() => database.close());

const pool = (max: number): pg.Pool => {
  const made = new pg.Pool({ connectionString: url, max, connectionTimeoutMillis: 10_000, query_timeout: 10_000 });
  made.on('error', () => {});
  return made;
};

const withPool = async <T>(max: number, use: (pool: pg.Pool) => Promise<T>): Promise<T> => {
  const made = pool(max);
  try {
    return await use(made);
  } finally {
    await made.end();
  }
};

/** A connection that goes without a word, as that of a killed process does. */
const vanish = async (client: pg.PoolClient): Promise<void> => {
  client.on('error', () => {});
  const { stream } = (client as unknown as { connection: { stream: import('node:net').Socket } }).connection;
  stream.destroy();
  client.release(true);
};

/** A frontend message of the PostgreSQL protocol. */
const message = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(type.length + 4);
  head.write(type);
  head.writeInt32BE(body.length + 4, type.length);
  return Buffer.concat([head, body]);
};

const startup = message('', Buffer.from([0, 3, 0, 0]), Buffer.from('user\0postgres\0\0'));

const rawClient = async (): Promise<import('node:net').Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(startup);
  await once(socket, 'data');
  return socket;
};

const parse = (sql: string): Buffer => message('P', Buffer.from(`\0${sql}\0\0\0`));

describe('the embedded database', () => {
  test('answers clients that ask, fail, roll back and vanish beside each other, each rightly', async () => {
    await withPool(4, async (pool) => pool.query('create table entries (id text primary key)'));
    const committed: string[] = [];
    const deadline = Date.now() + 1_500;

    const asker = (pool: pg.Pool, name: string) => async (): Promise<number> => {
      let turn = 0;
      for (; Date.now() < deadline; turn++) {
        const { rows } = await pool.query('select $1::int * 2 as double, $2::text as name', [turn, name]);
        expect(rows).toEqual([{ double: turn * 2, name }]);
      }
      return turn;
    };
    const failer = (pool: pg.Pool) => async (): Promise<number> => {
      let turn = 0;
      for (; Date.now() < deadline; turn++) {
        await expect(pool.query('select $1::int / 0', [turn])).rejects.toMatchObject({ code: '22012' });
        await expect(pool.query('select nothing')).rejects.toMatchObject({ code: '42703' });
      }
      return turn;
    };
    const writer = (pool: pg.Pool, name: string) => async (): Promise<number> => {
      let turn = 0;
      for (; Date.now() < deadline; turn++) {
        const client = await pool.connect();
        const id = `${name}-${turn}`;
        await client.query('begin');
        await client.query('insert into entries values ($1)', [id]);
        if (turn % 4 === 1) await expect(client.query('select $1::nosuchtype', [1])).rejects.toThrow('nosuchtype');
        if (turn % 4 === 2) {
          await vanish(client);
          continue;
        }
        await client.query(turn % 4 === 0 ? 'commit' : 'rollback');
        if (turn % 4 === 0) committed.push(id);
        client.release();
      }
      return turn;
    };
    const breaker = async (): Promise<number> => {
      let turn = 0;
      for (; Date.now() < deadline; turn++) {
        const socket = await rawClient();
        socket.write(parse(turn % 2 === 0 ? 'select 1' : 'select nothing'));
        await once(socket, 'data');
        socket.destroy();
      }
      return turn;
    };

    const pools = [pool(3), pool(3), pool(5), pool(5)] as const;
    const turns = await Promise.all([
      asker(pools[0], 'a')(),
      asker(pools[0], 'b')(),
      asker(pools[1], 'c')(),
      failer(pools[1])(),
      failer(pools[2])(),
      writer(pools[2], 'd')(),
      writer(pools[3], 'e')(),
      writer(pools[3], 'f')(),
      breaker(),
    ]);
    expect(Math.min(...turns)).toBeGreaterThan(3);
    const { rows } = await pools[0].query('select id from entries order by id');
    expect(rows.map((row) => row.id)).toEqual(committed.sort());
    await Promise.all(pools.map((each) => each.end()));
  });

  test('keeps what a client SET, and the names of its statements, from the others', async () => {
    const [quick, slow] = await Promise.all(
      ['3s', '7s'].map(async (lock_timeout) => {
        const client = new pg.Client({ connectionString: url, lock_timeout: Number.parseFloat(lock_timeout) * 1_000 });
        await client.connect();
        return client;
      }),
    );
    if (!quick || !slow) throw new Error('no clients');
    const third = new pg.Client(url);
    await third.connect();
    await quick.query("set search_path = ''");
    const show = async (client: pg.Client): Promise<unknown[]> => {
      const { rows } = await client.query({
        name: 'settings',
        text: `select current_setting('lock_timeout') as lock, current_setting('search_path') as path, '${client === quick}' as mine`,
      });
      return Object.values(rows[0]);
    };
    for (let turn = 0; turn < 2; turn++) {
      expect(await show(quick)).toEqual(['3s', '""', 'true']);
      expect(await show(slow)).toEqual(['7s', 'public', 'false']);
      expect(await show(third)).toEqual(['0', 'public', 'false']);
    }
    await Promise.all([quick.end(), slow.end(), third.end()]);
  });

  test('refuses what would end it, and goes on', async () => {
    await withPool(1, async (pool) => {
      await pool.query('create table copied (id int)');
      await expect(pool.query('copy copied from stdin')).rejects.toThrow('takes no COPY FROM STDIN');
      await expect(pool.query({ name: 'named', text: 'copy copied from stdin' })).rejects.toThrow('COPY FROM STDIN');
      const socket = await rawClient();
      socket.write(message('F', Buffer.alloc(10)));
      const [refusal] = await once(socket, 'data');
      expect(String(refusal)).toContain('knows no message "F"');
      await once(socket, 'close');
      expect((await pool.query('select count(*)::int from copied')).rows).toEqual([{ count: 0 }]);
    });
  });

  test('takes its session from a client that waits for another inside a transaction', async () => {
    const impatient = startDatabase({ idleInTransactionMs: 200 });
    const made = new pg.Pool({ connectionString: await impatient.url('test'), max: 2 });
    try {
      made.on('error', () => {});
      const client = await made.connect();
      const cut = once(client, 'error');
      client.on('error', () => {});
      await client.query('begin');
      expect((await made.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      expect(String((await cut)[0])).toContain("kept the database's one session in a transaction for 200 ms");
      client.release(true);
    } finally {
      await made.end();
      await impatient.close();
    }
  });
});
