import type { PGlite } from '@electric-sql/pglite';
import type { Answer } from './frames.ts';
import { query, readAnswer, startup } from './frames.ts';

export type Settings = ReadonlyMap<string, string>;

export interface Session {
  /** What the server says to a client that connects. */
  readonly greeting: Buffer;
  run(message: Buffer): Promise<Answer>;
  /** Returns what was SET in this session and still holds. */
  settings(): Promise<Settings>;
  /** Forgets what was SET and sets these; returns the server's answer to the first that it refuses. */
  restore(settings: Settings): Promise<Answer | undefined>;
}

const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** The one session of a PGlite. When the database itself ends, `lost` is called: nothing will be answered any more. */
export const openSession = async (db: PGlite, lost: (why: unknown) => never): Promise<Session> => {
  const run = async (message: Buffer): Promise<Answer> => {
    try {
      return readAnswer(Buffer.from(await db.execProtocolRaw(message)));
    } catch (error) {
      return lost(error);
    }
  };
  const { bytes: greeting } = await run(startup());
  return {
    greeting,
    run,
    settings: async () => {
      const { values } = await run(
        query(
          `select json_build_array(name, setting)::text from pg_settings where source = 'session'
           union all select json_build_array('role', current_setting('role'))::text where current_setting('role') <> 'none'`,
        ),
      );
      return new Map(values.map((value) => JSON.parse(value)));
    },
    restore: async (settings) => {
      await run(query('reset session authorization; reset role; reset all'));
      for (const [name, value] of settings) {
        const answer = await run(query(`select set_config(${literal(name)}, ${literal(value)}, false)`));
        if (answer.error !== undefined) return answer;
      }
      return undefined;
    },
  };
};
