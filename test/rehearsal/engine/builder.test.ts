// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseDockerfile } from '@hospital-ops/rehearsal/engine/builder/dockerfile';
import { parseDockerIgnore } from '@hospital-ops/rehearsal/engine/builder/dockerignore';
import { FileTree } from '@hospital-ops/rehearsal/engine/builder/file-tree';
import { playDockerfile } from '@hospital-ops/rehearsal/engine/builder/play';
import { expand, splitWords } from '@hospital-ops/rehearsal/engine/builder/words';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Workbench } from './workbench.ts';
import { createWorkbench } from './workbench.ts';

let bench: Workbench;
let sources: string;

const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(sources, name)), { recursive: true });
    await writeFile(join(sources, name), text);
  }
};
const build = (...args: string[]) => bench.docker(['buildx', 'build', ...args], { cwd: sources });

beforeAll(async () => {
  bench = await createWorkbench((user, password) => user === 'AWS' && password === 'token');
  sources = join(bench.temp, 'sources');
});
beforeEach(async () => {
  await rm(sources, { recursive: true, force: true });
  await mkdir(sources);
});
afterAll(() => bench?.close());

/** Plays a Dockerfile over a context of empty files and returns what the image holds. */
const play = (dockerfile: string, files: readonly string[] = [], buildArgs: Record<string, string> = {}) => {
  const context = new FileTree();
  for (const file of files) context.set(`/${file}`, { type: 'file', source: `/${file}`, executable: false });
  const stage = playDockerfile({
    instructions: parseDockerfile(dockerfile),
    context,
    buildArgs,
    target: undefined,
    platform: 'linux/amd64',
    step: () => () => {},
    warn: () => {},
  });
  const paths = stage.tree.below('/').flatMap(([path, entry]) => (entry.type === 'directory' ? [] : [path]));
  return { stage, paths };
};

describe('a Dockerfile is played as Docker does', () => {
  test.each<[string, string, string[], string[]]>([
    ['a folder gives its content', 'COPY a /x', ['a/1', 'a/b/2'], ['x/1', 'x/b/2']],
    ['a file takes the name of the destination', 'COPY a/1 /x', ['a/1'], ['x']],
    ['into a destination that ends in /', 'COPY a/1 x/', ['a/1'], ['w/x/1']],
    ['several sources go into a folder', 'COPY a b /x/', ['a', 'b'], ['x/a', 'x/b']],
    ['a dot is the working directory', 'COPY a/1 .', ['a/1'], ['w/1']],
    ['wildcards match within a folder', 'COPY a/*.js /x/', ['a/1.js', 'a/2.ts', 'a/b/3.js'], ['x/1.js']],
    ['the exec form takes names with blanks', 'COPY ["a b", "/x"]', ['a b'], ['x']],
    ['continuation lines and comments', 'COPY a \\\n# comment\n  b \\\n  /x/', ['a', 'b'], ['x/a', 'x/b']],
  ])('COPY: %s', (_name, instruction, files, expected) => {
    expect(play(`FROM scratch\nWORKDIR /w\n${instruction}\n`, files).paths).toEqual(expected);
  });

  test('arguments: given ones win, those before FROM count in FROM and where they are declared again', () => {
    const text = 'ARG V=1\nARG W=2\nFROM base:$V AS one\nARG V\nARG X=${V}-x\nENV A=$V B="$X" C=${W:-none} D=\\$V\n';
    const { stage } = play(text, [], { V: '7' });
    expect(stage.base).toBe('base:7');
    expect(Object.fromEntries(stage.config.env)).toMatchObject({ A: '7', B: '7-x', C: 'none', D: '$V' });
  });

  test('an entrypoint drops the command of the base stage, the shell form keeps its variables', () => {
    const { stage } = play('FROM scratch AS a\nCMD ["x"]\nFROM a\nENTRYPOINT ["node"]\nHEALTHCHECK NONE\n');
    expect([stage.config.entrypoint, stage.config.cmd]).toEqual([['node'], []]);
    expect(play('FROM scratch\nCMD echo $HOME\n').stage.config.cmd).toEqual(['/bin/sh', '-c', 'echo $HOME']);
  });

  test.each([
    ['FORM a', 'dockerfile parse error on line 1: unknown instruction: FORM'],
    ['COPY a b', 'dockerfile parse error on line 1: no build stage in current context'],
    ['FROM a b', 'dockerfile parse error on line 1: FROM requires either one or three arguments'],
    ['FROM a\nCOPY x', 'COPY requires at least two arguments'],
    ['FROM a\nCOPY --from=nginx:1 /a /b', 'the stand-in builder pulls no images: COPY --from=nginx:1'],
    ['FROM a\nCOPY --parents a /b', 'does not support COPY --parents (line 2)'],
    ['FROM a\nADD https://example.org/x /x', 'neither downloads nor unpacks: ADD https://example.org/x'],
    ['FROM a\nRUN <<EOF\nls\nEOF', 'does not support here-documents (line 2)'],
    ['# only a comment', 'the Dockerfile cannot be empty'],
  ])('%j is refused', (text, message) => {
    expect(() => play(text)).toThrow(message);
  });

  test.each([
    ['a ${B:-c} $D', 'a c d'],
    ['${D:+yes}${E:+no}', 'yes'],
    ['\\$D$D', '$Dd'],
  ])('variables in %j', (text, expected) => {
    expect(expand(text, (name) => ({ D: 'd' })[name])).toBe(expected);
  });

  test('words keep what quotes hold together', () => {
    expect(splitWords(`a "b c" 'd e'f g\\ h`)).toEqual(['a', 'b c', 'd ef', 'g h']);
  });
});

test.each<[string, string, boolean]>([
  ['node_modules', 'node_modules/a/b', true],
  ['node_modules', 'apps/node_modules', false],
  ['**/node_modules', 'apps/api/node_modules/x', true],
  ['*\n!apps', 'apps/api/x', false],
  ['*\n!apps', 'docs/x', true],
  ['*\n!apps\n**/test', 'apps/api/test/x', true],
  ['/dist/', 'dist/x', true],
  ['# comment\n\n*.md', 'README.md', true],
  ['*.md', 'docs/README.md', false],
])('.dockerignore %j and %s', (rules, path, ignored) => {
  expect(parseDockerIgnore(rules).ignores(path)).toBe(ignored);
});

describe('the stand-in docker', () => {
  test('says first what it is', async () => {
    await write({ Dockerfile: 'FROM node:24\nRUN make\n' });
    const { code, stderr } = await build('.');
    expect(code).toBe(0);
    expect(stderr.split('\n')[0]).toContain(
      'stand-in builder: packs the files that the Dockerfile names and executes no RUN',
    );
    expect(stderr).toMatch(/RUN make\n#\d+ not executed/);
  });

  test.each([
    [['pull', 'x'], 'does not support "docker pull"'],
    [['buildx', 'create'], 'does not support "docker buildx create"'],
    [['buildx', 'build', '--ssh', 'default', '.'], 'does not support the flag --ssh'],
    [['buildx', 'build', '--platform', 'linux/amd64,linux/arm64', '.'], 'one platform at a time'],
    [['buildx', 'build', '--provenance', 'mode=max', '.'], 'makes no attestations: --provenance mode=max'],
    [['buildx', 'build', '--push', '.'], 'tag is needed when pushing to registry'],
    [['buildx', 'build', '-t', 'UPPER', '.'], 'invalid reference format'],
    [['buildx', 'build', 'https://example.org/x.git'], 'takes a folder as build context'],
  ])('refuses %j by name', async (args, message) => {
    const { code, stderr } = await bench.docker(args, { cwd: sources });
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test('a missing source fails with the line it stands on', async () => {
    await write({ Dockerfile: 'FROM node:24\nCOPY nope /x\n' });
    const { code, stderr } = await build('.');
    expect(code).toBe(1);
    expect(stderr).toContain('   2 | >>> COPY nope /x');
    expect(stderr).toMatch(/ERROR: failed to build: failed to solve: .*"\/nope": not found/);
  });

  test('a source that a RUN would have made says why it is not there, and how it would be', async () => {
    await write({ Dockerfile: 'FROM node:24 AS build\nRUN npm run build\nFROM node:24\nCOPY --from=build /out ./\n' });
    const { code, stderr } = await build('.');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /"\/out": not found\nWhy: a rehearsal executes no RUN, such as that of line 2.*\nNext: --engine docker/,
    );
  });

  test('a dependency that the suite does not have is named', async () => {
    const manifest = JSON.stringify({ name: 'a', dependencies: { 'no-such-package-here': '1.0.0' } });
    await write({
      Dockerfile: 'FROM node:24\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci\n',
      'package.json': manifest,
    });
    const { code, stderr } = await build('.');
    expect(code).toBe(1);
    expect(stderr).toContain('/app/package.json needs no-such-package-here@1.0.0');
  });

  test('pushes only where it is logged in, and tells digest and id', async () => {
    await write({ Dockerfile: 'FROM node:24\nLABEL a=b\n' });
    const image = `${bench.registry.host}/demo:1`;
    const metadata = join(bench.temp, 'metadata.json');
    const push = () => build('--push', '-t', image, '--label', 'c=d', '--metadata-file', metadata, '.');
    expect((await push()).stderr).toContain('failed to push: unauthorized: Not Authorized');
    const login = (password: string) =>
      bench.docker(['login', '--username', 'AWS', '--password-stdin', bench.registry.host], { input: password });
    expect((await login('wrong')).stderr).toContain('unauthorized: authentication required');
    expect((await login('token\n')).stdout).toContain('Login Succeeded');
    expect((await push()).stderr).toContain("name unknown: The repository with name 'demo' does not exist");
    bench.store.createRepository('demo', { imageTagMutability: 'IMMUTABLE' });
    expect((await push()).code).toBe(0);
    const digest = bench.store.tags('demo').get('1');
    expect(JSON.parse(await readFile(metadata, 'utf8'))['containerimage.digest']).toBe(digest);
    expect((await push()).stderr).toContain("tag invalid: The image tag '1' already exists");
    bench.registry.inject({ operation: 'head-blob', status: 503, times: 9 });
    bench.registry.inject({ operation: 'put-manifest', status: 503, times: 1 });
    expect((await push()).stderr).toContain('503 Service Unavailable');
    expect((await bench.docker(['logout', bench.registry.host])).stdout).toContain('Removing login credentials');
  });

  test('keeps a loaded image for a push of its own', async () => {
    await write({ Dockerfile: 'FROM node:24\nLABEL kept=1\n' });
    await bench.docker(['login', '-u', 'AWS', '--password-stdin', bench.registry.host], { input: 'token' });
    bench.store.createRepository('kept');
    const image = `${bench.registry.host}/kept:1`;
    expect((await bench.docker(['push', image])).stderr).toContain('does not exist locally');
    await build('--load', '-t', image, '.');
    expect((await bench.docker(['push', image])).stdout).toContain(`1: digest: ${bench.store.tags('kept').get('1')}`);
  });
});
