import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runBuild } from './build-command.ts';
import { BuildError, UnsupportedError } from './build-error.ts';
import { parseBuildOptions } from './build-options.ts';
import { complaintOf } from './complaint.ts';
import { authorizationFor, removeCredentials, saveCredentials } from './credentials.ts';
import { parseFlags } from './flags.ts';
import { loadImage } from './local-images.ts';
import { MACHINE } from './machine.ts';
import { networkFailure } from './network-failure.ts';
import { pushImage } from './push.ts';
import { parseReference, registryUrl } from './reference.ts';

const { env } = process;
const dockerConfig = env.DOCKER_CONFIG || join(homedir(), '.docker');
const imagesFolder = env.STAND_IN_DOCKER_IMAGES || join(dockerConfig, 'stand-in-images');
const standIn = '0.0.0-stand-in';
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const complain = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const format = (args: readonly string[], command: string, text: string, values: unknown): void => {
  const asked = parseFlags(command, args, { format: 'value' }, { f: 'format' }).value('format');
  if (asked === undefined) {
    say(text);
    return;
  }
  if (asked === 'json' || asked === '{{json .}}') {
    say(JSON.stringify(values));
    return;
  }
  const path = /^\{\{\s*\.([\w.]+)\s*\}\}$/.exec(asked)?.[1];
  const value = path
    ?.split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], values);
  if (typeof value !== 'string')
    throw new UnsupportedError(`the stand-in "docker" does not support --format ${asked}.`);
  say(value);
};

const version = { Client: { Version: standIn }, Server: { Version: standIn, Os: 'linux', Arch: MACHINE.slice(6) } };
const info = { ServerVersion: standIn, OSType: 'linux', Architecture: MACHINE.slice(6), Driver: 'stand-in' };

const login = async (args: readonly string[]): Promise<void> => {
  const flags = parseFlags('login', args, { username: 'value', 'password-stdin': 'switch' }, { u: 'username' });
  const user = flags.value('username');
  const [server] = flags.operands;
  if (!user || !server || !flags.has('password-stdin')) {
    throw new UnsupportedError('the stand-in "docker login" needs --username, --password-stdin and a registry.');
  }
  const registry = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const password = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const url = `${registryUrl(registry)}/v2/`;
  const response = await fetch(url, { headers: { authorization } }).catch((error: unknown) => {
    throw new BuildError(`Error response from daemon: Get "${url}": ${networkFailure(error)}`);
  });
  if (!response.ok) {
    const words =
      response.status === 401
        ? 'unauthorized: authentication required'
        : `status: ${response.status} ${response.statusText}`;
    throw new BuildError(`Error response from daemon: login attempt to ${url} failed with ${words}`);
  }
  saveCredentials(dockerConfig, registry, user, password);
  say('Login Succeeded');
};

const logout = (args: readonly string[]): void => {
  const [registry] = parseFlags('logout', args, {}).operands;
  if (registry === undefined) throw new UnsupportedError('the stand-in "docker logout" needs a registry.');
  say(
    removeCredentials(dockerConfig, registry)
      ? `Removing login credentials for ${registry}`
      : `Not logged in to ${registry}`,
  );
};

const push = async (args: readonly string[]): Promise<void> => {
  const [name = ''] = parseFlags('push', args, { quiet: 'switch' }, { q: 'quiet' }).operands;
  const parsed = parseReference(name);
  const reference = { ...parsed, tag: parsed.tag ?? 'latest' };
  const image = loadImage(imagesFolder, `${reference.registry}/${reference.repository}:${reference.tag}`);
  await pushImage(image, reference, authorizationFor(dockerConfig, reference.registry));
  say(`${reference.tag}: digest: ${image.digest} size: ${image.manifest.length}`);
};

/** `docker build` keeps the image for `docker push`; `docker buildx build` does so only when told to. */
const build = (args: readonly string[], keeps: boolean): Promise<void> => {
  const options = parseBuildOptions(args, env, MACHINE);
  const surroundings = { dockerConfig, imagesFolder, write: (text: string) => process.stderr.write(text) };
  return runBuild({ ...options, load: options.load || (keeps && !options.push) }, surroundings);
};

const inspect = (args: readonly string[]): void => {
  const flags = parseFlags('buildx inspect', args, { bootstrap: 'switch', builder: 'value' });
  const name = flags.operands[0] ?? flags.value('builder') ?? 'default';
  say(
    `Name:   ${name}\nDriver: stand-in\n\nNodes:\nName:      ${name}\nStatus:    running\nPlatforms: linux/amd64, linux/arm64`,
  );
};

const commands: Readonly<Record<string, (args: readonly string[]) => void | Promise<void>>> = {
  version: (args) =>
    format(args, 'version', `Client:\n Version: ${standIn}\n\nServer: a stand-in that builds from files`, version),
  info: (args) => format(args, 'info', `Server:\n Server Version: ${standIn}\n Storage Driver: stand-in`, info),
  login,
  logout,
  push,
  build: (args) => build(args, true),
  'buildx version': () => say(`github.com/docker/buildx v${standIn} stand-in`),
  'buildx inspect': inspect,
  'buildx build': (args) => build(args, false),
};

const main = async (args: readonly string[]): Promise<void> => {
  const words = args[0] === 'buildx' ? 2 : 1;
  const name = args.slice(0, words).join(' ');
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const known = Object.keys(commands).join(', ');
    throw new UnsupportedError(`the stand-in "docker" does not support "docker ${name}". It knows: ${known}.`);
  }
  await command(args.slice(words));
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  complain(complaintOf(error, process.argv.includes('build')));
  process.exitCode = 1;
}
