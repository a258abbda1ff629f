import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { officialParser } from '@hospital-ops/rehearsal/runner/official-parser';
import { describe, expect, test } from '@jest/globals';
import type { Job, Step, Workflow } from './workflow-files.ts';
import { all, calledBy, callers, ownAction, permissionsOf, ROOT, suite } from './workflow-files.ts';

const { pins } = JSON.parse(readFileSync(join(ROOT, '.github/pins.json'), 'utf8')) as {
  pins: Record<string, { version: string; commit: string }>;
};

const jobs = ({ jobs }: Workflow): ReadonlyArray<readonly [string, Job]> => Object.entries(jobs);
const steps = (workflow: Workflow): Step[] => jobs(workflow).flatMap(([, job]) => [...(job.steps ?? [])]);
const names = (map: object = {}): string[] => Object.keys(map);
const required = (map: Readonly<Record<string, { readonly required?: boolean }>> = {}): string[] =>
  names(map).filter((name) => map[name]?.required);

/** What is given is declared, and what must be given is. */
const expectFit = (given: object = {}, declared: Readonly<Record<string, { readonly required?: boolean }>> = {}) => {
  expect(names(declared)).toEqual(expect.arrayContaining(names(given)));
  expect(names(given)).toEqual(expect.arrayContaining(required(declared)));
};

describe.each(all.map((file) => [file.path, file] as const))('%s', (path, file) => {
  const { text, workflow } = file;

  test("parses with GitHub's own parser", async () => {
    const { context } = await (await officialParser()).parseWorkflow(path, text);
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([]);
  });

  test('grants nothing at the top, and names why it grants anything per job', () => {
    expect(workflow.permissions).toEqual({});
    const grants = text.split('\n').filter((line) => /^ {6}[a-z-]+: (read|write)\b/.test(line));
    const granted = jobs(workflow).flatMap(([, { permissions }]) => names(permissions));
    expect(grants).toHaveLength(granted.length);
    expect(grants.filter((line) => !/# \w/.test(line))).toEqual([]);
    expect(jobs(workflow).filter(([, { permissions }]) => permissions === undefined)).toEqual([]);
  });

  test('every job has a time limit', () => {
    const unlimited = jobs(workflow).filter(([, job]) => job.uses === undefined && !job['timeout-minutes']);
    expect(unlimited).toEqual([]);
  });

  test('no expression is spliced into a script, and no secrets are handed on unnamed', () => {
    expect(steps(workflow).filter(({ run }) => run?.includes('${{'))).toEqual([]);
    expect(jobs(workflow).filter(([, { secrets }]) => typeof secrets === 'string')).toEqual([]);
  });

  test('third-party actions are those of the pin list, by its commit, with its version beside', () => {
    for (const line of text.split('\n').filter((candidate) => /uses: (?!\$\/|ORG\/)/.test(candidate))) {
      const [, name = '', commit, version] = /uses: ([\w-]+\/[\w.-]+)\S*@(\S+) # (\S+)$/.exec(line) ?? [];
      expect({ line, commit, version }).toEqual({ line, ...pins[name] });
    }
  });

  test('what runs in an environment waits for its turn there, is never cancelled for another, and records by itself', () => {
    for (const [, { environment, concurrency }] of jobs(workflow)) {
      if (environment === undefined) continue;
      expect(environment).toMatchObject({ name: expect.anything(), url: expect.anything(), deployment: false });
      expect(concurrency).toMatchObject({ 'cancel-in-progress': false, queue: 'max' });
      expect(concurrency?.group).toContain((environment as { name: string }).name);
    }
  });

  test('calls workflows of the suite as they want to be called, and grants exactly what that needs', () => {
    for (const [, job] of jobs(workflow)) {
      if (job.uses === undefined) continue;
      const called = calledBy(job);
      const { inputs, secrets } = called.workflow.on.workflow_call ?? {};
      expectFit(job.with, inputs);
      expectFit(job.secrets as object, secrets);
      expect(job.permissions).toEqual(permissionsOf(called));
    }
  });
});

/** Names that a script writes to GITHUB_OUTPUT. */
const written = (run: string): string[] => [...run.matchAll(/echo "([\w-]+)=/g)].map(([, name = '']) => name);

describe.each(suite.map((file) => [file.path, file] as const))('%s', (_, { text, workflow }) => {
  test("passes the suite's own actions inputs that they have, the required ones among them", () => {
    for (const step of steps(workflow)) {
      const action = ownAction(step);
      if (action !== undefined) expectFit(step.with, action.inputs);
    }
  });

  test('reads outputs that its steps have', () => {
    for (const [, job] of jobs(workflow)) {
      const byId = new Map((job.steps ?? []).flatMap((step) => (step.id === undefined ? [] : [[step.id, step]])));
      for (const [, id = '', output = ''] of JSON.stringify(job).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
        const step = byId.get(id);
        // What third-party actions put out is not written down here.
        if (step?.uses !== undefined && ownAction(step) === undefined) continue;
        const declared = step?.run === undefined ? names(ownAction(step ?? {})?.outputs) : written(step.run);
        expect({ id, declared }).toEqual({ id, declared: expect.arrayContaining([output]) });
      }
    }
  });

  test('reads outputs of jobs that it needs and that have them', () => {
    for (const [, id = '', output = ''] of text.matchAll(/(?:needs|jobs)\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const job = workflow.jobs[id];
      const declared = job?.uses === undefined ? job?.outputs : calledBy(job).workflow.on.workflow_call?.outputs;
      expect({ id, declared: names(declared) }).toEqual({ id, declared: expect.arrayContaining([output]) });
    }
  });
});

describe('what calls deploy.yml', () => {
  const core = suite.find(({ path }) => path.endsWith('/deploy.yml'));
  const over = suite.filter(({ workflow }) => jobs(workflow).some(([, { uses }]) => uses?.endsWith('/deploy.yml')));

  test.each(over.map((file) => [file.path, file] as const))(
    '%s hands on every chat and credential',
    (_, { workflow }) => {
      const own = workflow.on.workflow_call;
      const secrets = names(core?.workflow.on.workflow_call?.secrets);
      expect(names(own?.secrets)).toEqual(secrets);
      expect(names(own?.inputs)).toEqual(expect.arrayContaining(['slack-channel', 'aws-role', 'dry-run']));
      const [, job] = jobs(workflow).find(([, { uses }]) => uses?.endsWith('/deploy.yml')) ?? [];
      const same = (list: readonly string[], context: string) =>
        Object.fromEntries(list.map((name) => [name, `\${{ ${context}.${name} }}`]));
      expect(job?.secrets).toEqual(same(secrets, 'secrets'));
      expect(job?.with).toMatchObject(same(['slack-channel', 'aws-role', 'dry-run'], 'inputs'));
    },
  );

  test('is staging, production, hotfix and rollback', () => {
    expect(over.map(({ path }) => path.replace(/^.*\//, '')).sort()).toEqual([
      'deploy-production.yml',
      'deploy-staging.yml',
      'hotfix.yml',
      'rollback.yml',
    ]);
  });
});

test('every template has its properties, as GitHub reads them', () => {
  for (const { path } of callers.filter(({ path }) => path.startsWith('workflows-templates/'))) {
    const properties = JSON.parse(readFileSync(join(ROOT, path.replace(/\.yml$/, '.properties.json')), 'utf8'));
    expect(properties).toEqual({
      name: expect.stringMatching(/^\w/),
      description: expect.stringMatching(/^\w/),
      iconName: expect.stringMatching(/^octicon \w+/),
      categories: expect.arrayContaining([expect.stringMatching(/^\w/)]),
      filePatterns: expect.arrayContaining([expect.stringMatching(/\$$/)]),
    });
  }
});
