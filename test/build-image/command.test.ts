import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../../actions/build-image/src/command.ts';

const node = process.execPath;
const never = new AbortController().signal;
const options = { env: process.env, cwd: process.cwd(), signal: never };

describe('a command', () => {
  test('gets its input, and gives its exit code and the lines of both outputs', async () => {
    const script =
      'process.stdin.on("data", (d) => { console.log("got " + d); console.error("oh"); process.exitCode = 3; })';
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    const { exitCode, tail } = await runCommand(node, ['-e', script], { ...options, input: 'secret', onLine });
    expect(exitCode).toBe(3);
    expect([...tail].sort()).toEqual(['got secret', 'oh']);
    expect(lines).toEqual(tail);
  });

  test('that reads no input and ends at once is no error', async () => {
    expect((await runCommand(node, ['-e', ''], { ...options, input: 'x'.repeat(1_000_000) })).exitCode).toBe(0);
  });

  test('that talks much leaves its last lines', async () => {
    const { tail } = await runCommand(node, ['-e', 'for (let i = 0; i < 5000; i++) console.log(i)'], options);
    expect(tail).toHaveLength(2_000);
    expect(tail.at(-1)).toBe('4999');
  });

  test('that does not exist says so', async () => {
    await expect(runCommand('no-such-command', [], options)).rejects.toMatchObject({ name: 'CommandMissing' });
  });

  test('that does not come to its end in time is stopped, and has no exit code', async () => {
    const ran = await runCommand(node, ['-e', 'setInterval(() => {}, 1000)'], { ...options, timeoutMs: 1 });
    expect(ran.exitCode).toBeUndefined();
  });

  test('is stopped with all that it started when the run is cancelled', async () => {
    const controller = new AbortController();
    const child = 'setInterval(() => {}, 1000)';
    // The inner process holds the output open: were it left running, the command would never come to its end.
    const script = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); console.log("up"); ${child}`;
    const run = runCommand(node, ['-e', script], {
      ...options,
      signal: controller.signal,
      onLine: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ name: 'CancelledError' });
  });
});
