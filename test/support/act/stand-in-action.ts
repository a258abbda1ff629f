import { appendFileSync, readFileSync } from 'node:fs';
import { runProcess } from '@hospital-ops/rehearsal/runner/processes';
import type { StandInStep } from '@hospital-ops/rehearsal/runner/stand-in';
import { createStandIns } from '@hospital-ops/rehearsal/runner/stand-ins/table';

/** Variables by which the harness tells the stand-ins what a runner of GitHub's would know. */
export const FOLDERS = 'STAND_IN_FOLDERS';
export const STORE = 'STAND_IN_STORE';

const { env } = process;
const say = (line: string) => void process.stdout.write(`${line}\n`);

const write = (file: string, values: Readonly<Record<string, string>> = {}) => {
  for (const [name, value] of Object.entries(values)) {
    appendFileSync(env[file] ?? '', `${name}<<end-of-value\n${value}\nend-of-value\n`);
  }
};

const githubOf = (): Record<string, unknown> => ({
  token: env.GITHUB_TOKEN ?? '',
  repository: env.GITHUB_REPOSITORY,
  ref: env.GITHUB_REF,
  ref_name: env.GITHUB_REF_NAME,
  ref_type: env.GITHUB_REF_TYPE,
  sha: env.GITHUB_SHA,
  server_url: env.GITHUB_SERVER_URL,
  event_name: env.GITHUB_EVENT_NAME,
  event: JSON.parse(readFileSync(env.GITHUB_EVENT_PATH ?? '', 'utf8')) as unknown,
  run_id: env.GITHUB_RUN_ID,
});

const stepOf = (): StandInStep => {
  const processEnv = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const folders = JSON.parse(env[FOLDERS] ?? '{}') as Record<string, string>;
  const states = Object.entries(processEnv).filter(([name]) => name.startsWith('STATE_'));
  const workspace = env.GITHUB_WORKSPACE ?? '';
  return {
    input: (name) => env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '',
    workspace,
    temp: env.RUNNER_TEMP ?? '',
    store: env[STORE] ?? '',
    env: processEnv,
    github: githubOf(),
    // act knows no permissions: what a job's token may do is for the rehearsal to check.
    permissions: { contents: 'write', 'id-token': 'write' } as unknown as StandInStep['permissions'],
    nodePath: process.execPath,
    state: new Map(states.map(([name, value]) => [name.slice('STATE_'.length), value])),
    jobStatus: 'success',
    signal: new AbortController().signal,
    repositoryPath: (name) => folders[name.toLowerCase()],
    log: say,
    warning: (text) => say(`::warning::${text}`),
    mask: (value) => say(`::add-mask::${value}`),
    exec: (file, args, { cwd = workspace, onLine = say } = {}) =>
      runProcess({
        file,
        args,
        cwd,
        env: processEnv,
        signal: new AbortController().signal,
        grace: { interruptMs: 1000, terminateMs: 1000 },
        onLine,
      }),
  };
};

/** Runs the rehearsal's stand-in of a third-party action as an action of its own, for a runner that is not ours. */
export const runAsAction = async (uses: string, part: 'main' | 'post'): Promise<void> => {
  const standIn = createStandIns().find((one) => one.uses === uses);
  if (standIn === undefined) throw new Error(`no stand-in for ${uses}.`);
  try {
    if (part === 'post') return await standIn.post?.(stepOf());
    const result = (await standIn.run(stepOf())) ?? {};
    write('GITHUB_OUTPUT', result.outputs);
    write('GITHUB_ENV', result.env);
    write('GITHUB_STATE', result.state);
    for (const folder of result.path ?? []) appendFileSync(env.GITHUB_PATH ?? '', `${folder}\n`);
  } catch (error) {
    say(`::error::${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
};
