import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JobResult, RunEvent, StepResult, WorkflowResult } from '@hospital-ops/rehearsal/runner/run-events';
import type { RunOptions } from '@hospital-ops/rehearsal/runner/run-workflow';
import { runWorkflow } from '@hospital-ops/rehearsal/runner/run-workflow';

export type Files = Readonly<Record<string, string>>;

export interface Sandbox {
  readonly root: string;
  readonly repository: string;
  readonly suite: string;
  readonly temp: string;
  /** What is left in `temp`. */
  leftovers(): string[];
  remove(): void;
}

/** Whether a process is at work; one that has ended and was not yet collected is not. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

export const writeFiles = (root: string, files: Files): void => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
};

/** A consumer's repository and a suite beside it, with nothing in common but the references. */
export const createSandbox = (files: Files, suiteFiles: Files = {}): Sandbox => {
  const root = mkdtempSync(join(tmpdir(), 'runner-'));
  const [repository, suite, temp] = ['repository', 'suite', 'temp'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [repository, suite, temp]) mkdirSync(folder);
  writeFiles(repository, files);
  writeFiles(suite, { 'package.json': '{"type":"module"}', ...suiteFiles });
  return {
    root,
    repository,
    suite,
    temp,
    leftovers: () => readdirSync(temp),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
};

export const optionsFor = (sandbox: Sandbox, overrides: Partial<RunOptions> = {}): RunOptions => ({
  repository: { path: sandbox.repository, name: 'acme/hospital' },
  workflow: '.github/workflows/main.yml',
  event: { name: 'push', payload: { ref: 'refs/heads/main' } },
  ref: 'refs/heads/main',
  refType: 'branch',
  sha: 'a'.repeat(40),
  actor: 'alice',
  repositories: [{ name: /^[^/]+\/hospital-ops-actions$/, path: sandbox.suite, sha: 'b'.repeat(40) }],
  standIns: [],
  temp: sandbox.temp,
  ...overrides,
});

export interface Outcome extends WorkflowResult {
  readonly events: readonly RunEvent[];
  readonly leftovers: readonly string[];
  job(id: string): JobResult;
  step(job: string, name: string): StepResult;
  /** All log lines of all steps of a job, joined. */
  log(job: string): string;
}

const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
};

/** Runs `main.yml` of a sandbox that lives as long as the run. */
export const run = async (
  workflow: string,
  { files = {}, suite = {}, ...overrides }: Partial<RunOptions> & { files?: Files; suite?: Files } = {},
): Promise<Outcome> => {
  const sandbox = createSandbox({ '.github/workflows/main.yml': workflow, ...files }, suite);
  const events: RunEvent[] = [];
  try {
    const result = await runWorkflow(optionsFor(sandbox, { listener: (event) => events.push(event), ...overrides }));
    const job = (id: string) =>
      found(
        result.jobs.find((one) => one.id === id),
        `job ${id} among ${result.jobs.map((one) => one.id).join(', ')}`,
      );
    return {
      ...result,
      events,
      leftovers: sandbox.leftovers(),
      job,
      step: (id, name) =>
        found(
          job(id).steps.find((one) => one.name === name || one.id === name),
          `step ${name} among ${job(id)
            .steps.map((one) => one.name)
            .join(', ')}`,
        ),
      log: (id) =>
        job(id)
          .steps.flatMap((step) => step.log)
          .map((line) => line.text)
          .join('\n'),
    };
  } finally {
    sandbox.remove();
  }
};

/** Files of a JavaScript action of the suite. `body` may use `input(name)`, `output(name, value)` and `append(variable, text)`. */
export const action = (
  name: string,
  body: string,
  { inputs = '', extra = '', files = {} }: { inputs?: string; extra?: string; files?: Files } = {},
): Files => ({
  [`${name}/action.yml`]: `name: ${name}\ndescription: d\n${inputs === '' ? '' : `inputs:\n${inputs}\n`}runs:\n  using: node24\n  main: index.js\n${extra}`,
  [`${name}/index.js`]: `${HELPERS}\n${body}\n`,
  ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, `${HELPERS}\n${text}\n`])),
});

const HELPERS = `import { appendFileSync } from 'node:fs';
const input = (name) => process.env['INPUT_' + name.toUpperCase()];
const append = (variable, text) => appendFileSync(process.env[variable], text + '\\n');
const output = (name, value) => append('GITHUB_OUTPUT', name + '=' + value);`;

/** A workflow of one job with these steps, each written at no indentation. */
export const job = (steps: string, { on = 'push', head = '' }: { on?: string; head?: string } = {}): string =>
  `on: ${on}
jobs:
  one:
    runs-on: ubuntu-latest
${head
  .split('\n')
  .map((line) => (line === '' ? '' : `    ${line}`))
  .join('\n')}
    steps:
${steps
  .trim()
  .split('\n')
  .map((line) => `      ${line}`)
  .join('\n')}
`;
