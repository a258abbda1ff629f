import { runCommand } from '../../actions/build-image/src/command.ts';

/** A builder that spins is no measurement: one of buildx did for minutes. */
const DEADLINE_MS = 120_000;

/** Milliseconds that `work` takes. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

/** Runs a command and returns what it said. Rejects when it fails, and ends it with all that it started after two minutes. */
export const run = async (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> => {
  const signal = new AbortController().signal;
  const options = { env, cwd: process.cwd(), signal, timeoutMs: DEADLINE_MS };
  const { exitCode, tail } = await runCommand(command, args, options);
  const said = tail.join('\n');
  if (exitCode === 0) return said;
  const how = exitCode === undefined ? 'did not end within two minutes' : `ended with ${exitCode}`;
  throw new Error(`${command} ${args.slice(0, 2).join(' ')} ${how}: ${said}`);
};
