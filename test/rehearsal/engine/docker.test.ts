import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDockerConfig } from '@hospital-ops/rehearsal/engine/docker/config';
import { findDocker } from '@hospital-ops/rehearsal/engine/docker/find';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rehearseIn } from '../../support/rehearse.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docker-found-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A `docker` that answers `version`, and does at a `pull` what is given; returns the PATH that leads to it. */
const pathWith = (version: string, pull = 'exit 1'): string => {
  const script = `#!/bin/sh
case "$1" in
  version) ${version};;
  pull) ${pull};;
  buildx) echo "docker: 'buildx' is not a docker command." >&2; exit 1;;
esac
`;
  writeFileSync(join(folder, 'docker'), script);
  chmodSync(join(folder, 'docker'), 0o755);
  return `${folder}:/usr/bin:/bin`;
};

const SILENT =
  'echo "Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?" >&2; exit 1';

/** A registry is looked for as the Engine of this machine does it: a connection to the host and port of the image. */
const ASK = `host="\${3%%/*}"; exec '${process.execPath}' -e "require('node:net').connect(\${host##*:}, '127.0.0.1').end()"`;

describe('the Docker Engine that is looked for', () => {
  test.each([
    ['no docker command', () => join(folder, 'empty'), /^no docker command was found\.\nWhy: .*\nNext: install Docker/],
    [
      'no Engine behind it',
      () => pathWith(SILENT),
      /^no Docker Engine answers\.\nWhy: Cannot connect to .*\nNext: start/,
    ],
    [
      'another machine',
      () => pathWith('echo 29.1.0 linux'),
      /^the .* \(29\.1\.0\) is not on this machine's own network\.\n/,
    ],
    ['Windows containers', () => pathWith('echo 29.1.0 windows', ASK), /\nWhy: it runs windows containers; /],
  ])('%s: what, why and what to do', async (_, path, message) => {
    await expect(findDocker({ PATH: path() })).rejects.toThrow(message);
  });

  test('is found with what leads to it, and without credentials', async () => {
    const PATH = pathWith('echo 29.1.0 linux', ASK);
    const env = { PATH, DOCKER_HOST: 'unix:///run/docker.sock', DOCKER_AUTH_CONFIG: 'secret', AWS_PROFILE: 'x' };
    expect(await findDocker(env)).toMatchObject({
      version: '29.1.0',
      buildx: undefined,
      env: { PATH, DOCKER_HOST: 'unix:///run/docker.sock' },
    });
    expect(Object.keys((await findDocker(env)).env)).toEqual(['PATH', 'DOCKER_HOST']);
  });
});

describe('the Docker configuration of a rehearsal', () => {
  const user = {
    auths: { 'registry.example.org': { auth: 'c2VjcmV0' } },
    credsStore: 'desktop',
    credHelpers: { 'other.example.org': 'ecr-login' },
    HttpHeaders: { Authorization: 'secret' },
    currentContext: 'hospital',
    proxies: { default: { httpProxy: 'http://proxy:3128' } },
  };

  test('reaches the Engine and the plugins of the user, and no registry but its own', async () => {
    const userFolder = join(folder, 'user');
    mkdirSync(join(userFolder, 'cli-plugins'), { recursive: true });
    writeFileSync(join(userFolder, 'config.json'), JSON.stringify(user));
    const logins = { '127.0.0.1:5000': 'b3du' };
    const made = await writeDockerConfig(join(folder, 'made'), { userFolder, proxies: true, logins });
    expect(JSON.parse(readFileSync(join(made, 'config.json'), 'utf8'))).toEqual({
      currentContext: 'hospital',
      proxies: user.proxies,
      auths: { '127.0.0.1:5000': { auth: 'b3du' } },
    });
    expect(statSync(join(made, 'config.json')).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(made, 'cli-plugins')).isSymbolicLink()).toBe(true);
  });

  test('of tasks has no proxies, and none of the user is needed', async () => {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(user));
    const options = { userFolder: folder, proxies: false };
    const made = await writeDockerConfig(join(folder, 'made'), options);
    expect(readFileSync(join(made, 'config.json'), 'utf8')).toBe('{"currentContext":"hospital","auths":{}}');
    const none = await writeDockerConfig(join(folder, 'none'), { ...options, userFolder: join(folder, 'nowhere') });
    expect(readFileSync(join(none, 'config.json'), 'utf8')).toBe('{"auths":{}}');
  });
});

test('rehearse --engine docker without an Engine ends at once with one error, and starts nothing', async () => {
  const run = await rehearseIn({ PATH: pathWith(SILENT) }, 'deploy-production', '--engine', 'docker');
  expect(run.output).toMatch(/^rehearse: no Docker Engine answers\.\nWhy: .*\nNext: start Docker Engine.*\n$/);
  expect(run).toMatchObject({ exitCode: 1, report: '' });
  expect(run.leftovers.filter((name) => name.includes('hospital-ops'))).toEqual([]);
});
