import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CancelledError, ToolError } from '@hospital-ops/action-kit/errors';

export interface GitProcessOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds after which the command is killed and counts as failed. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly input?: string;
}

const TAIL = 2_000;

const command = (args: readonly string[]) =>
  `git ${args.find((arg) => !arg.startsWith('-') && !arg.includes('=')) ?? ''}`;

/** Node says of a folder that is not there, and of git itself, the same. */
const notStarted = ({ code, message }: NodeJS.ErrnoException, cwd: string): string => {
  if (code !== 'ENOENT') return message;
  return existsSync(cwd) ? 'git is not installed here, or not on the PATH.' : `there is no folder "${cwd}".`;
};

/**
 * Runs git with an argument array, never through a shell, and returns its standard output as bytes. Throws ToolError
 * when it cannot be started, ends with another code than 0 or runs past its time, CancelledError when cancelled.
 */
export const runGit = (args: readonly string[], options: GitProcessOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { env, cwd, timeoutMs, signal, input } = options;
    if (signal.aborted) return reject(new CancelledError());
    const child = spawn('git', args, { cwd, env: { ...env }, signal, timeout: timeoutMs, killSignal: 'SIGKILL' });
    const out: Buffer[] = [];
    let stderr = '';
    const failed = (exitCode: number | undefined, why: string, cause?: unknown) =>
      reject(
        signal.aborted
          ? new CancelledError()
          : new ToolError({
              what: `${command(args)} failed.`,
              why,
              command: command(args),
              exitCode,
              stderrTail: stderr,
              cause,
            }),
      );
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-TAIL);
    });
    child.on('error', (error: NodeJS.ErrnoException) => failed(undefined, notStarted(error, cwd), error));
    child.on('close', (code, killedBy) => {
      if (code === 0) return resolve(Buffer.concat(out));
      const why =
        killedBy === null
          ? stderr.trim() || `it ended with code ${code}`
          : `it was ended by ${killedBy} after ${timeoutMs} ms`;
      failed(code ?? undefined, why);
    });
    // A command that ends early leaves the pipe broken; its exit code says what there is to say.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
