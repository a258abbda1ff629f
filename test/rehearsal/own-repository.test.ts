import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ROOT, rehearse } from '../support/rehearse.ts';

const temp = mkdtempSync(join(tmpdir(), 'own-repository-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

const SERVER = `require('node:http')
  .createServer((request, response) => response.end('{"version":"' + process.env.APP_VERSION + '"}'))
  .listen(process.env.PORT);
`;

const DOCKERFILE = 'FROM node:24\nCOPY desk /app\nEXPOSE 8080\nCMD ["node", "/app/server.js"]\n';

const pipeline = (...services: readonly string[]): string => `project: ward
services:
${services.map((name) => `  ${name}:\n    path: ${name}\n    version-variable: APP_VERSION\n    smoke: [{ url: "{url}/" }]`).join('\n')}
environments:
  production:
    region: ap-south-1
    url: { ${services.map((name) => `${name}: "https://${name}.example.org"`).join(', ')} }
`;

const WORKFLOW = `on: { push: { tags: ["v*"] } }
permissions: { actions: read, contents: read, id-token: write }
jobs:
  deploy:
    uses: ORG/hospital-ops-actions/.github/workflows/deploy.yml@v1
    with: { environment: production, aws-role: "\${{ vars.ROLE }}" }
`;

type Files = Readonly<Record<string, string | undefined>>;

const BEFORE: Files = {
  '.github/hospital-ops.yml': pipeline('desk'),
  '.github/workflows/deploy-production.yml': WORKFLOW,
  'desk/Dockerfile': DOCKERFILE,
  'desk/server.js': SERVER,
};

let count = 0;
/** A repository with the tags v1.0.0 and v1.1.0; undefined takes a file away. */
const makeWard = (before: Files, after: Files): string => {
  const folder = join(temp, `clone-${count++}`, 'ward');
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@e', ...args], { cwd: folder });
  git('init', '--quiet', '--initial-branch=main');
  for (const [tag, files] of [
    ['v1.0.0', { ...BEFORE, ...before }],
    ['v1.1.0', after],
  ] as const) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      if (content === undefined) rmSync(join(folder, path), { force: true });
      else writeFileSync(join(folder, path), content);
    }
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', tag);
    git('tag', tag);
  }
  return folder;
};

const CHANGED: Files = { 'desk/server.js': `${SERVER}// changed\n` };

describe('one clear error that says what to do next', () => {
  test.each<[string, () => string, RegExp]>([
    ['a folder that is not there', () => join(temp, 'nowhere'), /there is no folder ".*nowhere"/],
    [
      'a folder inside a repository',
      () => join(makeWard({}, CHANGED), 'desk'),
      /lies inside the repository ".*ward".*Next: --repo .*ward/,
    ],
    [
      'a Dockerfile that is not there',
      () => makeWard({}, { 'desk/Dockerfile': undefined }),
      /service "desk" has no Dockerfile: there is no desk\/Dockerfile at the released commit.*Next: /,
    ],
    [
      'a smoke-tested service whose image exposes no port',
      () => makeWard({ 'desk/Dockerfile': DOCKERFILE.replace('EXPOSE 8080\n', '') }, CHANGED),
      /image of service "desk" exposes no port.*Next: .*EXPOSE.*desk\/Dockerfile/s,
    ],
    [
      'a version before that does not start',
      () => makeWard({ 'desk/server.js': 'throw new Error("DESK_KEY is not set");\n' }, CHANGED),
      /do not run at the version before.*exited 1.*DESK_KEY is not set.*Next: /s,
    ],
    [
      'a version before that needs a package which is not there',
      () => makeWard({ 'desk/server.js': `import('nowhere').then(() => 0);\n${SERVER}` }, CHANGED),
      /exited 1.*Cannot find package 'nowhere'.*Next: /s,
    ],
    [
      'a version before that listens on a port of its own choice',
      () => makeWard({ 'desk/server.js': SERVER.replace('process.env.PORT', '58080') }, CHANGED),
      /EADDRINUSE.*Next: .*listens? on PORT/s,
    ],
  ])(
    'for %s',
    async (_, folder, message) => {
      const run = await rehearse('--repo', folder());
      expect(run.output).toMatch(message);
      expect(run.output).not.toMatch(/\/(released|before)\//);
      expect(run.exitCode).toBe(1);
      expect(run.leftovers).toEqual([]);
    },
    60_000,
  );
});

describe('a release of somebody else’s repository', () => {
  test('of a new service succeeds and says what ran before; what is not committed is named; the folder names it', async () => {
    const folder = makeWard(
      {},
      {
        '.github/hospital-ops.yml': `${pipeline('desk', 'lab')}    freeze: [{ from: 2019-03-04, to: 2019-03-18 }]\n`,
        'lab/Dockerfile': DOCKERFILE.replaceAll('desk', 'lab'),
        'lab/server.js': SERVER,
      },
    );
    appendFileSync(join(folder, 'desk/server.js'), '// not committed\n');
    const run = await rehearse('--repo', folder);
    expect(run.exitCode).toBe(0);
    expect(run.output).toMatch(/deploy-production of local\/ward/);
    expect(run.output).toMatch(/"lab" .*no lab\/Dockerfile.*version before/);
    expect(run.output).toMatch(/warning: The freeze windows of production are not looked at yet/);
    expect(run.report).toMatch(/<ul class="remarks">.*The freeze windows of production are not looked at yet/);
    expect(run.output).toMatch(/not committed.*desk\/server\.js/);
    expect(run.leftovers).toEqual([]);
  }, 60_000);

  test('that is kept tells all that it has to tell before it waits', async () => {
    const report = join(temp, 'report');
    const words = ['--repo', makeWard({}, CHANGED), '--keep', '--report', report];
    const child = spawn(process.execPath, [join(ROOT, 'packages/rehearsal/src/command/main.ts'), ...words]);
    let output = '';
    for await (const chunk of child.stdout) {
      output += chunk;
      if (/until Ctrl-C/.test(output)) child.kill('SIGINT');
    }
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    expect(output).toMatch(/✓ deploy-production succeeded.*until Ctrl-C/s);
    expect(code).toBe(0);
  }, 60_000);
});
