import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 200;
/** Longer than any build takes; a number of a process may be in use again. */
const GIVE_UP_MS = 15 * 60_000;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

const taken = async (lock: string): Promise<boolean> => {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};

/** The process that holds the lock; undefined when it is just being written or removed. */
const holderOf = async (lock: string): Promise<number | undefined> => {
  const text = await readFile(lock, 'utf8').catch(() => '');
  return /^\d+$/.test(text) ? Number(text) : undefined;
};

/** Takes the lock of a process that is no more out of the way. */
const removeDead = async (lock: string, pid: number): Promise<void> => {
  const aside = `${lock}.${process.pid}`;
  const moved = await rename(lock, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  // Somebody else has removed the dead one and taken it meanwhile: it goes back to where it stood.
  if ((await holderOf(aside)) === pid) await rm(aside);
  else await rename(aside, lock);
};

/**
 * Runs `work` while no other process runs the same behind `lock`, a file that is made for it; `waited` tells it whether one
 * did just before. `onWait` is told once of the process that is waited for. A lock whose process is no more is taken over.
 * Throws an Error that says what to do when it cannot be had in a quarter of an hour.
 */
export const alone = async <T>(
  lock: string,
  onWait: (pid: number) => void,
  work: (waited: boolean) => Promise<T>,
): Promise<T> => {
  await mkdir(dirname(lock), { recursive: true });
  const started = Date.now();
  let told = 0;
  while (!(await taken(lock))) {
    const pid = await holderOf(lock);
    if (pid !== undefined && !isAlive(pid)) {
      await removeDead(lock, pid);
      continue;
    }
    if (pid !== undefined && told !== pid) onWait(pid);
    told = pid ?? told;
    if (Date.now() - started > GIVE_UP_MS) {
      throw new Error(
        `process ${pid ?? '?'} does not let go of ${lock}.\nNext: remove that file if no build is at work.`,
      );
    }
    await sleep(LOOK_MS);
  }
  try {
    return await work(told > 0);
  } finally {
    await rm(lock, { force: true });
  }
};
