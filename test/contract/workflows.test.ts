import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '..', '..');
const SAMPLE = join(ROOT, 'test/fixtures/hospital-ops/.github/workflows');
const read = (path: string) => readFileSync(path, 'utf8');

interface Job {
  readonly uses?: string;
  readonly with?: Record<string, unknown>;
  readonly secrets?: Record<string, unknown>;
  readonly permissions?: Record<string, string>;
  readonly 'timeout-minutes'?: number;
  readonly steps?: ReadonlyArray<{
    name?: string;
    id?: string;
    uses?: string;
    with?: Record<string, unknown>;
    run?: string;
  }>;
}
interface Workflow {
  readonly on: {
    workflow_call?: { inputs?: Record<string, { required?: boolean }>; secrets?: Record<string, unknown> };
  };
  readonly permissions?: Record<string, string>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = (folder: string) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yml'))
    .map((file) => join(folder, file));
const suite = files(join(ROOT, '.github/workflows'));
const callers = [...files(join(ROOT, 'workflows-templates')), ...files(SAMPLE)];
const steps = (workflow: Workflow) => Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);
const manifest = (action: string) =>
  parse(read(join(ROOT, 'actions', action, 'action.yml'))) as {
    inputs?: Record<string, { required?: boolean }>;
    outputs?: object;
  };

describe.each(suite)('%s', (file) => {
  const text = read(file);
  const workflow = parse(text) as Workflow;

  test('grants nothing at the top, and names why it grants anything per job', () => {
    expect(workflow.permissions).toEqual({});
    const grants = text.split('\n').filter((line) => /^ {6}[a-z-]+: (read|write)\b/.test(line));
    expect(grants.filter((line) => !line.includes('#'))).toEqual([]);
  });

  test('every job has a time limit', () => {
    expect(
      Object.values(workflow.jobs).every((job) => job.uses !== undefined || job['timeout-minutes'] !== undefined),
    ).toBe(true);
  });

  test('no expression is spliced into a script', () => {
    expect(steps(workflow).filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  test('third-party actions are pinned by commit with their version beside', () => {
    for (const line of text.split('\n').filter((candidate) => /uses: [^$.]/.test(candidate))) {
      expect(line).toMatch(/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  test('passes the suite’s own actions inputs that they have, the required ones among them', () => {
    for (const { uses, with: given = {} } of steps(workflow)) {
      if (!uses?.startsWith('$/')) continue;
      const { inputs = {} } = manifest(uses.slice(2));
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
      const required = Object.entries(inputs)
        .filter(([, input]) => input.required)
        .map(([name]) => name);
      expect(Object.keys(given)).toEqual(expect.arrayContaining(required));
    }
  });

  test('reads outputs that its steps have', () => {
    const byId = new Map(
      steps(workflow).flatMap(({ id, uses }) => (id && uses?.startsWith('$/') ? [[id, uses.slice(2)]] : [])),
    );
    for (const [, id = '', output = ''] of text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const action = byId.get(id);
      expect(action).toBeDefined();
      expect(Object.keys(manifest(action ?? '').outputs ?? {})).toContain(output);
    }
  });
});

describe.each(callers)('%s', (file) => {
  const { jobs } = parse(read(file)) as Workflow;

  test.each(Object.entries(jobs))('job %s calls a workflow of the suite as it wants to be called', (_, job) => {
    const [, name = ''] = /^ORG\/hospital-ops-actions\/\.github\/workflows\/(.+)@v1$/.exec(job.uses ?? '') ?? [];
    const { on } = parse(read(join(ROOT, '.github/workflows', name))) as Workflow;
    const { inputs = {}, secrets = {} } = on.workflow_call ?? {};
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(job.with ?? {})));
    expect(Object.keys(secrets)).toEqual(expect.arrayContaining(Object.keys(job.secrets ?? {})));
    const required = Object.entries(inputs)
      .filter(([, input]) => input.required)
      .map(([input]) => input);
    expect(Object.keys(job.with ?? {})).toEqual(expect.arrayContaining(required));
  });

  test('grants what the called jobs need', () => {
    const caller = parse(read(file)) as Workflow;
    for (const { uses } of Object.values(caller.jobs)) {
      const called = parse(
        read(join(ROOT, '.github/workflows', uses?.replace(/^.*\/(.+)@v1$/, '$1') ?? '')),
      ) as Workflow;
      for (const job of Object.values(called.jobs)) {
        for (const [scope, level] of Object.entries(job.permissions ?? {})) {
          const granted = caller.permissions?.[scope];
          expect({ scope, granted: granted === 'write' ? 'write' : granted }).toEqual({ scope, granted: level });
        }
      }
    }
  });
});
