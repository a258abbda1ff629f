import { setTimeout as pause } from 'node:timers/promises';
import { runProcess } from '../processes.ts';

export interface Daemon {
  /** Ends it and resolves once it has ended. */
  stop(): Promise<void>;
}

interface DaemonSpec {
  readonly what: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly signal: AbortSignal;
  /** Rejects as long as it cannot be used. */
  probe(): Promise<void>;
}

const READY_MS = 30_000;
const LOOK_MS = 50;
const GRACE = { interruptMs: 3_000, terminateMs: 1_000 };

export const ENVIRONMENT = { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8' };

/** Starts a server and resolves once it can be used. Throws an Error with its last words when it cannot. */
export const startDaemon = async (spec: DaemonSpec): Promise<Daemon> => {
  const controller = new AbortController();
  const words: string[] = [];
  let ended = false;
  const end = runProcess({
    ...spec,
    env: ENVIRONMENT,
    signal: controller.signal,
    grace: GRACE,
    onLine: (line) => words.push(line),
  }).then(
    () => {},
    (error: unknown) => words.push(String(error)),
  );
  void end.then(() => {
    ended = true;
  });
  const stop = async () => {
    controller.abort();
    await end;
  };
  const deadline = Date.now() + READY_MS;
  let last: unknown;
  while (!ended && Date.now() < deadline && !spec.signal.aborted) {
    try {
      await spec.probe();
      return { stop };
    } catch (error) {
      last = error;
    }
    await pause(LOOK_MS);
  }
  await stop();
  const why = words.slice(-3).join(' ').trim() || (last instanceof Error ? last.message : '');
  throw new Error(`${spec.what} did not start: ${why || 'it said nothing'}`);
};
