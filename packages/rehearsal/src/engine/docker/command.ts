import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface DockerAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The docker command line, without a shell. */
export interface DockerCommand {
  /** What every call finds in its environment; its PATH leads to the command. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves with what the command answered, whatever its exit code. Rejects when there is no such command. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<DockerAnswer>;
  /** Hands on every line of both outputs; resolves when the command has ended. */
  follow(args: readonly string[], line: (text: string) => void): Promise<void>;
}

/** Exit code of a command that a signal ended. */
const KILLED = -1;

/** Returns the docker command of `env`'s PATH. */
export const createDockerCommand = (env: Readonly<Record<string, string>>): DockerCommand => {
  // A group of its own: a Ctrl-C at the terminal is for the rehearsal, which then stops its containers itself.
  const start = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    spawn('docker', args, { env: { ...more, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  return {
    env,
    run: (args, more) =>
      new Promise((resolve, reject) => {
        const child = start(args, more);
        const output = { stdout: '', stderr: '' };
        for (const name of ['stdout', 'stderr'] as const) {
          child[name].setEncoding('utf8').on('data', (text: string) => {
            output[name] += text;
          });
        }
        child.once('error', reject);
        child.once('close', (code) => resolve({ exitCode: code ?? KILLED, ...output }));
      }),
    follow: (args, line) =>
      new Promise((resolve, reject) => {
        const child = start(args);
        const read = (input: NodeJS.ReadableStream) =>
          new Promise<void>((done) => {
            createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', line).once('close', done);
          });
        const outputs = Promise.all([read(child.stdout), read(child.stderr)]);
        child.once('error', reject);
        child.once('close', () => outputs.then(() => resolve()));
      }),
  };
};

/** What the Engine complained about, else the last line of what the command did: hints and progress are around it. */
export const reasonOf = ({ stderr, exitCode }: DockerAnswer): string => {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Run 'docker|See 'docker|For more help)/.test(line));
  return lines.find((line) => line.startsWith('Error response from daemon')) ?? lines.at(-1) ?? `exit code ${exitCode}`;
};
