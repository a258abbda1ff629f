import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that this project did not write, started for tests. */
export interface EngineProcess {
  close(): Promise<void>;
}

const READY_MS = 30_000;
const END_MS = 15_000;

/**
 * Starts `command` and resolves once `isReady` does. Rejects with the server's last words when it ends before, or takes
 * longer than half a minute; it is ended then.
 */
export const startEngineProcess = async (
  command: string,
  args: readonly string[],
  log: string,
  isReady: () => Promise<boolean>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<EngineProcess> => {
  const output = openSync(log, 'w');
  const child = spawn(command, [...args], { stdio: ['ignore', output, output], env });
  let over = false;
  const exited = new Promise<void>((resolve) => {
    const done = () => {
      over = true;
      resolve();
    };
    child.once('error', done).once('exit', done);
  });
  const close = async () => {
    if (over) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await exited;
    clearTimeout(timer);
  };
  const deadline = Date.now() + READY_MS;
  while (!(await isReady().catch(() => false))) {
    if (over || Date.now() > deadline) {
      await close();
      throw new Error(`${command} did not start: ${readFileSync(log, 'utf8').split('\n').slice(-4).join(' ')}`);
    }
    await sleep(100);
  }
  return { close };
};
