import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { pages } from '../docs/markdown.ts';
import { ROOT, rehearse } from '../support/rehearse.ts';
import { lastLine, serving } from '../support/rehearsed.ts';
import { everyNth, testInCi } from '../support/thorough.ts';
import type { Files } from '../support/ward.ts';
import { CHANGED, DOCKERFILE, pipeline, SERVER, WORKFLOW, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'own-repository-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

const makeWard = (before: Files, after?: Files): string => wardIn(temp, before, after);

describe('one clear error that says what to do next', () => {
  test.each(
    everyNth<[string, () => string, RegExp]>(4, [
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
        'migrations of the version before that fail',
        () => {
          const broken = `migrations: { task-definition: m, command: [node, -e, "throw new Error('LEDGER is not set')"] }`;
          const text = pipeline('desk').replace('path: desk\n', `path: desk\n    ${broken}\n`);
          return makeWard({ '.github/hospital-ops.yml': text }, CHANGED);
        },
        /migrations of "desk" at the version before failed \(exit code 1\).*\| Error: LEDGER is not set/s,
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
    ]),
  )('for %s', async (_, folder, message) => {
    const run = await rehearse('--repo', folder());
    expect(run.output).toMatch(message);
    expect(run.output).not.toMatch(/\/(released|before)\//);
    expect(run.exitCode).toBe(1);
    expect(run.leftovers).toEqual([]);
  });
});

describe('a release of somebody else’s repository', () => {
  test('of a new service succeeds and says what ran before; what is not committed is named; the folder names it', async () => {
    const folder = makeWard(
      {},
      {
        '.github/hospital-ops.yml': `${pipeline('desk', 'lab')}    freeze: [{ from: mon 00:00, to: thu 00:00 }, { from: thu 00:00, to: mon 00:00 }]\n`,
        'lab/Dockerfile': DOCKERFILE.replaceAll('desk', 'lab'),
        'lab/server.js': SERVER,
      },
    );
    appendFileSync(join(folder, 'desk/server.js'), '// not committed\n');
    const run = await rehearse('--repo', folder);
    expect(run.exitCode).toBe(0);
    expect(run.output).toMatch(/deploy-production of local\/ward/);
    expect(run.output).toMatch(/"lab" .*no lab\/Dockerfile.*version before/);
    expect(run.output).toMatch(/notice: The freeze window .* is open until .*, and overridden: a rehearsal/);
    expect(run.report).toMatch(/<ul class="remarks">.*and overridden: a rehearsal/);
    expect(run.output).toMatch(/not committed.*desk\/server\.js/);
    expect(run.leftovers).toEqual([]);
  });

  testInCi('of its first commit, as the README tells to begin, is deployed to staging, and to production', async () => {
    const texts = (pages.find(({ path }) => path === 'README.md')?.snippets ?? []).map(({ text }) => text);
    const folder = makeWard({
      '.github/hospital-ops.yml': texts.find((text) => text.startsWith('project: ')),
      '.github/workflows/deploy-staging.yml': texts.find((text) => /^jobs:/m.test(text)),
      '.github/workflows/deploy-production.yml': readFileSync(
        join(ROOT, 'workflows-templates/deploy-production.yml'),
        'utf8',
      ),
    });
    const staging = await rehearse('deploy-staging', '--repo', folder);
    const production = await rehearse('deploy-production', '--repo', folder);
    expect(lastLine(staging)).toMatch(
      /^✓ deploy-staging succeeded \(deployed\); serving now: ward-staging-desk on [0-9a-f]{7}\.$/,
    );
    expect(lastLine(production)).toBe(
      '✓ deploy-production succeeded (deployed); serving now: ward-production-desk on 1.0.0.',
    );
    expect(production.output).toContain('There was no version before: the services ran the same commit as 0.0.0.');
  });

  testInCi('where staging ran another commit is refused, and built where that is allowed, and watched', async () => {
    const promoting = pipeline('desk').replace(
      /$/,
      '    promote-from: staging\n    bake-time: 1s\n  staging: { region: ap-south-1, url: "https://staging.example.org" }\n',
    );
    const folder = makeWard({ '.github/hospital-ops.yml': promoting }, CHANGED);
    const refused = await rehearse('--repo', folder, '--fault', 'unproved');
    expect(refused.exitCode).toBe(1);
    const sha = execFileSync('git', ['rev-parse', '--short=7', 'v1.1.0'], { cwd: folder, encoding: 'utf8' }).trim();
    expect(refused.output).toMatch(
      new RegExp(
        `desk of ${sha} was not proved in staging, so production does not get it.*desk changed since.*Next: deploy the commit to staging`,
        's',
      ),
    );
    expect(serving(refused)).toEqual([expect.stringMatching(/^ward-production-desk 1\.0\.0 .*:1 /)]);
    const allowing = WORKFLOW.replace('production,', 'production, allow-build: true,');
    const built = await rehearse(
      '--repo',
      makeWard({ '.github/hospital-ops.yml': promoting, '.github/workflows/deploy-production.yml': allowing }, CHANGED),
      '--fault',
      'unproved',
    );
    expect(built.exitCode).toBe(0);
    expect(serving(built)).toEqual([expect.stringMatching(/^ward-production-desk 1\.1\.0 .*:2 /)]);
    expect(built.report).toMatch(/desk: built[\s\S]*asked on for 1s/);
  });

  testInCi('in a freeze window that nothing overrides touches no service, and says until when', async () => {
    const frozen = '    freeze: [{ from: mon 00:00, to: thu 00:00 }, { from: thu 00:00, to: mon 00:00 }]\n';
    const folder = makeWard({ '.github/hospital-ops.yml': `${pipeline('desk')}${frozen}` }, CHANGED);
    const run = await rehearse('--repo', folder, '--fault', 'freeze');
    expect(run.exitCode).toBe(1);
    expect(run.output).toMatch(/nothing is deployed to "production" now: the freeze window .* is open until .*Next: /s);
    expect(serving(run)).toEqual([expect.stringMatching(/^ward-production-desk 1\.0\.0 .*:1 /)]);
  });

  testInCi('that does nothing a fault strikes does not pass for one that withstood it', async () => {
    const run = await rehearse('--repo', makeWard({}, {}), '--fault', 'desk:crash-loop', '--fault', 'throttle');
    expect(run.exitCode).toBe(3);
    expect(lastLine(run)).toMatch(/^✗ deploy-production succeeded.* Not played: desk:crash-loop, throttle; /);
  });

  testInCi('that answers its old version is caught, goes back, and is asked for that version', async () => {
    const folder = makeWard(
      {
        '.github/hospital-ops.yml': pipeline('desk').replace('{url}/"', '{url}/", expect-version: "{version}"'),
        '.github/workflows/deploy-production.yml': WORKFLOW.replace('production,', 'production, smoke-deadline: 3s,'),
      },
      { 'desk/server.js': SERVER.replace('process.env.APP_VERSION', '"1.0.0"') },
    );
    const run = await rehearse('--repo', folder);
    expect(run.exitCode).toBe(1);
    expect(lastLine(run)).toContain('(rolled-back)');
    expect(serving(run)).toEqual([expect.stringMatching(/^ward-production-desk 1\.0\.0 .*:1 /)]);
    expect(run.report).toMatch(/expected &quot;1\.1\.0&quot;, got &quot;1\.0\.0&quot;[\s\S]*desk \/: passed/);
  });

  testInCi('whose migration hangs stops it at its timeout, and touches no service', async () => {
    const migrations =
      '    migrations: { task-definition: ward-migrate, command: [node, /app/migrate.js], timeout: 2s }\n';
    const folder = makeWard(
      {
        '.github/hospital-ops.yml': pipeline('desk').replace('    path: desk\n', `    path: desk\n${migrations}`),
        'desk/migrate.js': 'console.log("nothing to migrate");\n',
      },
      CHANGED,
    );
    const run = await rehearse('--repo', folder, '--fault', 'desk:migration-hangs');
    expect(run.exitCode).toBe(1);
    expect(run.report).toMatch(/timeout: it did not end within 2s; the task was stopped/);
    expect(run.report).toMatch(/The migrations failed, and no service was touched/);
    expect(serving(run)).toEqual([expect.stringMatching(/^ward-production-desk 1\.0\.0 .*:1 /)]);
    expect(run.leftovers).toEqual([]);
  });

  testInCi('that is kept tells all that it has to tell before it waits', async () => {
    const report = join(temp, 'report');
    const words = ['--repo', makeWard({}, CHANGED), '--keep', '--report', report];
    const child = spawn(process.execPath, [join(ROOT, 'packages/rehearsal/rehearse.mjs'), ...words]);
    let output = '';
    for await (const chunk of child.stdout) {
      output += chunk;
      if (/until Ctrl-C/.test(output)) child.kill('SIGINT');
    }
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    expect(output).toMatch(/✓ deploy-production succeeded.*until Ctrl-C/s);
    expect(code).toBe(0);
  });
});
