import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns a folder of records by name, one JSON file each, so that several processes may share it. A name is taken once:
 * first reserved, then written with a number that is higher than those before it.
 */
export const openRecords = <R extends object>(folder: string) => {
  mkdirSync(folder, { recursive: true });
  const idOf = (name: string) => createHash('sha256').update(name).digest('hex');
  const fileOf = (name: string) => join(folder, `${idOf(name)}.json`);
  const reservationOf = (name: string) => join(folder, `${idOf(name)}.reserved`);
  const all = (): (R & { readonly number: number })[] =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as R & { number: number })
      .sort((a, b) => b.number - a.number);
  return {
    idOf,
    /** Newest first. */
    all,
    isReserved: (name: string): boolean => existsSync(reservationOf(name)),
    isWritten: (name: string): boolean => existsSync(fileOf(name)),
    /** False when the name is taken. */
    reserve: (name: string): boolean => {
      try {
        writeFileSync(reservationOf(name), '', { flag: 'wx' });
        return true;
      } catch {
        return false;
      }
    },
    write: (name: string, record: R): number => {
      const number = (all()[0]?.number ?? 0) + 1;
      const draft = join(folder, `${idOf(name)}.draft`);
      writeFileSync(draft, JSON.stringify({ ...record, number }));
      renameSync(draft, fileOf(name));
      return number;
    },
    remove: (name: string): void => {
      for (const file of [fileOf(name), reservationOf(name)]) rmSync(file, { force: true });
    },
  };
};
