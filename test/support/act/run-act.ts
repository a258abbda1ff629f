import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runProcess } from '@hospital-ops/rehearsal/runner/processes';
import type { JobResult, WorkflowResult } from '@hospital-ops/rehearsal/runner/run-events';
import type { RunOptions, runWorkflow } from '@hospital-ops/rehearsal/runner/run-workflow';
import { FOLDERS, STORE } from './stand-in-action.ts';
import { writeThirdParty } from './third-party.ts';

export interface ActOptions {
  /** A release tree that refers to itself as `repository@tag`: act knows no `$/`. */
  readonly suite: string;
  readonly repository: string;
  readonly tag: string;
  /** What the callers refer to it as: `v1`. */
  readonly calledAs: string;
  /** Gets every line that act logs. */
  onLine?(line: string): void;
}

const envFile = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join('');

const githubVariables = ({ repository, ref, runId }: RunOptions, env: Readonly<Record<string, string>>) => ({
  GITHUB_REPOSITORY: repository.name,
  GITHUB_REPOSITORY_OWNER: repository.name.split('/')[0] ?? '',
  GITHUB_REF: ref,
  GITHUB_RUN_ID: String(runId ?? 1),
  GITHUB_API_URL: env.GITHUB_API_URL ?? '',
});

interface LogLine {
  readonly job?: string;
  readonly jobID?: string;
  readonly jobResult?: string;
  readonly command?: string;
  readonly msg?: string;
}

const parseLine = (line: string): LogLine => {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { msg: line };
  }
};

const jobOf = (name: string, conclusion: JobResult['conclusion']): JobResult => ({
  id: name,
  name,
  conclusion,
  needs: [],
  startedAt: 0,
  endedAt: 0,
  outputs: {},
  annotations: [],
  steps: [],
});

/**
 * Returns a runner that gives the workflow to act, as a self-hosted one without containers and without a network. What it
 * knows of jobs is how they ended; permissions, environments and concurrency do not exist for it.
 */
export const createActRunner =
  (act: ActOptions): typeof runWorkflow =>
  async (options): Promise<WorkflowResult> => {
    const temp = join(options.temp, 'act');
    const home = join(temp, 'home');
    const store = join(temp, 'store');
    for (const folder of [home, store]) mkdirSync(folder, { recursive: true });
    const file = (name: string, content: string) => {
      writeFileSync(join(temp, name), content, { mode: 0o600 });
      return join(temp, name);
    };
    const { repository, secrets = {}, vars = {}, env = {} } = options;
    const local = new Map([
      ...writeThirdParty(act.suite, act.repository, temp),
      [`${act.repository}@${act.tag}`, act.suite] as const,
      [`${act.repository}@${act.calledAs}`, act.suite] as const,
    ]);
    const args = [
      options.event.name,
      ...['--directory', repository.path, '--workflows', join(repository.path, options.workflow)],
      ...['--eventpath', file('event.json', JSON.stringify(options.event.payload))],
      ...['--platform', 'ubuntu-latest=-self-hosted', '--json', '--no-skip-checkout', '--action-offline-mode'],
      ...['--no-cache-server', '--action-cache-path', join(temp, 'cache'), '--actor', options.actor],
      ...['--secret-file', file('secrets', envFile({ ...secrets, GITHUB_TOKEN: options.token ?? '' }))],
      ...['--var-file', file('vars', envFile(vars))],
      ...['--env-file', file('env', envFile(githubVariables(options, env)))],
      ...['--input-file', file('inputs', '')],
      ...[...local].flatMap(([name, path]) => ['--local-repository', `${name}=${path}`]),
    ];
    const jobs = new Map<string, JobResult['conclusion']>();
    const { exitCode } = await runProcess({
      file: 'act',
      args,
      cwd: temp,
      env: {
        ...env,
        PATH: [dirname(process.execPath), env.PATH ?? process.env.PATH ?? ''].join(':'),
        HOME: home,
        XDG_CONFIG_HOME: home,
        XDG_CACHE_HOME: join(temp, 'xdg-cache'),
        [FOLDERS]: JSON.stringify({ [repository.name.toLowerCase()]: repository.path }),
        [STORE]: store,
      },
      signal: options.signal ?? new AbortController().signal,
      grace: { interruptMs: 10_000, terminateMs: 5_000 },
      onLine: (line) => {
        act.onLine?.(line);
        const { job, jobResult } = parseLine(line);
        if (job !== undefined && jobResult !== undefined)
          jobs.set(job, jobResult === 'success' ? 'success' : 'failure');
      },
    });
    return {
      conclusion: exitCode === 0 ? 'success' : 'failure',
      outputs: {},
      jobs: [...jobs].map(([name, conclusion]) => jobOf(name, conclusion)),
    };
  };
