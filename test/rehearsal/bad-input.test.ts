import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ROOT, rehearse } from '../support/rehearse.ts';
import { everyNth } from '../support/thorough.ts';

const temp = mkdtempSync(join(tmpdir(), 'bad-input-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

let count = 0;
/** A repository like the sample, with some files changed before its only commit. */
const repositoryWith = (files: Readonly<Record<string, string>>): string => {
  const folder = join(temp, `repository-${count++}`);
  cpSync(join(ROOT, 'test/fixtures/hospital-ops'), folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@e', ...args], { cwd: folder });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'x');
  git('tag', 'v1.0.0');
  return folder;
};

const WORKFLOW = '.github/workflows/deploy-production.yml';
const caller = (uses: string, extra = '') => `on: { push: { tags: ["v*"] } }
permissions: { actions: read, contents: read, deployments: write, id-token: write }
jobs:
  deploy:
    uses: ${uses}
    with: { environment: production, aws-role: x${extra} }
`;
const steps = (...lines: string[]) => `on: { push: { tags: ["v*"] } }
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
${lines.map((line) => `      - ${line}`).join('\n')}
`;
const DEPLOY = 'ORG/hospital-ops-actions/.github/workflows/deploy.yml@v1';

describe('one clear error, nothing left', () => {
  test.each(
    everyNth<[string, () => string[], number, RegExp]>(4, [
      ['an unknown option', () => ['--colour'], 2, /Unknown option '--colour'.*\nNext: npm run rehearse -- --help/],
      ['two workflows', () => ['a', 'b'], 2, /one workflow at a time; got a, b\./],
      ['a tag and an event', () => ['--tag', 'v1.0.0', '--event', 'x.json'], 2, /--tag or --event, not both/],
      ['an input that is none', () => ['--input', 'reason'], 2, /--input is "reason"; NAME=VALUE is expected/],
      [
        'an input of a workflow without any',
        () => ['ci', '--input', 'a=b'],
        1,
        /"workflow_dispatch" does not start this workflow/,
      ],
      ['an engine that does not exist', () => ['--engine', 'podman'], 2, /there are process and docker/],
      [
        'a workflow that does not exist',
        () => ['deploy-prod'],
        1,
        /no workflow "deploy-prod"; the repository has ci, deploy-production, deploy-staging, hotfix, rollback/,
      ],
      ['a fault that does not exist', () => ['--fault', 'api:melts'], 1, /there is no fault "melts"; .*--list/],
      ['a fault without its service', () => ['--fault', 'oom'], 1, /needs a service: --fault api:oom/],
      ['a fault of a service that does not exist', () => ['--fault', 'ap:oom'], 1, /there are api, web, worker/],
      ['a tag that does not exist', () => ['--tag', 'v9.9.9'], 1, /the tag v9\.9\.9 is not in the repository/],
      ['an event file that is not there', () => ['--event', 'nowhere.json'], 1, /nowhere\.json cannot be read as JSON/],
      [
        'a report where a file is in the way',
        () => ['--report', join(ROOT, 'package.json', 'report')],
        1,
        /report cannot be written to ".*package\.json\/report": ENOTDIR.*--report DIR/,
      ],
      ['a fault of a step without its name', () => ['--fault', 'fails'], 1, /needs a step: --fault Test:fails/],
      [
        'a step to fail that does not exist',
        () => ['ci', '--fault', 'Nap:fails'],
        1,
        /no step "Nap"; steps are Check out/,
      ],
      ['a step to cancel at that does not exist', () => ['--cancel-at', 'Nap'], 1, /Nap/],
      ['a folder that is no repository', () => ['--repo', temp], 1, /is no git repository with a commit/],
      [
        'a workflow that is no YAML',
        () => ['--repo', repositoryWith({ [WORKFLOW]: 'on: [push\njobs: {' })],
        1,
        /deploy-production\.yml is not valid YAML/,
      ],
      [
        'a workflow that GitHub would refuse',
        () => ['--repo', repositoryWith({ [WORKFLOW]: steps('{ run: a, uses: b }') })],
        1,
        /deploy-production\.yml:6/,
      ],
      [
        'an input that a called workflow does not have',
        () => ['--repo', repositoryWith({ [WORKFLOW]: caller(DEPLOY, ', enviroment: x') })],
        1,
        /enviroment.*environment/s,
      ],
      [
        'an input that an action does not have',
        () => [
          '--repo',
          repositoryWith({ [WORKFLOW]: steps('{ uses: ORG/hospital-ops-actions/smoke-test@v1, with: { ulr: x } }') }),
        ],
        1,
        /ulr.*url/s,
      ],
      [
        'an action without a stand-in',
        () => ['--repo', repositoryWith({ [WORKFLOW]: steps('uses: someone/something@v1') })],
        1,
        /someone\/something.*actions\/checkout/s,
      ],
      [
        'an action of the suite that does not exist',
        () => ['--repo', repositoryWith({ [WORKFLOW]: steps('uses: ORG/hospital-ops-actions/ecs-deplyo@v1') })],
        1,
        /ecs-deplyo/,
      ],
      [
        'a pipeline file with an unknown key',
        () => [
          '--repo',
          repositoryWith({
            '.github/hospital-ops.yml':
              'project: x\nservices: { a: { path: a, dockerfil: b } }\nenvironments: { production: { region: x } }\n',
          }),
        ],
        1,
        /line 2.*dockerfil.*dockerfile/s,
      ],
      [
        'a Dockerfile that copies what is not there',
        () => ['--repo', repositoryWith({ 'infrastructure/docker/web/Dockerfile': 'FROM node:24\nCOPY nothing /x\n' })],
        1,
        /image of service "web" cannot be built.*nothing/s,
      ],
    ]),
  )('for %s', async (_, args, exitCode, message) => {
    const run = await rehearse(...args());
    expect(run.output).toMatch(message);
    expect(run.output).not.toMatch(/\n {4}at /);
    expect(run.exitCode).toBe(exitCode);
    expect(run.leftovers).toEqual([]);
  });
});
