import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, orError } from './engines.ts';

/** A server of moto, an AWS that this project did not write. */
export interface Moto {
  readonly url: string;
  close(): Promise<void>;
}

const START_MS = 40_000;

/** Starts `moto_server` (of `moto[server]`, found by PATH) on a free port. Rejects when there is none. */
const startMoto = async (): Promise<Moto> => {
  const home = mkdtempSync(join(tmpdir(), 'moto-'));
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '', HOME: home, PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Tests that cannot be loaded never come to their end: moto must neither hold the process nor outlive it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const close = async () => {
    kill();
    await ended;
    process.off('exit', kill);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const url = await new Promise<string>((found, failed) => {
      let text = '';
      const late = setTimeout(() => failed(new Error(`moto_server did not start:\n${text}`)), START_MS);
      child.once('error', failed);
      child.once('close', () => failed(new Error(`moto_server ended:\n${text}`)));
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8');
          const address = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
          if (address === undefined) return;
          clearTimeout(late);
          found(address);
        });
      }
    });
    child.unref();
    for (const stream of [child.stdout, child.stderr]) stream.removeAllListeners('data').resume();
    for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
    return { url, close };
  } catch (error) {
    if (child.pid !== undefined) await close();
    throw error;
  }
};

/** Starts moto for a file of tests. */
export const theMoto = (): Promise<Moto | Error> => orError(startMoto());

export const describeWithMoto = describeWith<Moto>('moto');
