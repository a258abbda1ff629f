import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseInteger } from '@hospital-ops/action-kit/numbers';
import type { StandIn, StandInStep } from '../stand-in.ts';

const git = async (step: StandInStep, cwd: string, ...args: readonly string[]): Promise<void> => {
  step.log(`[command]git ${args.join(' ')}`);
  const { exitCode } = await step.exec('git', args, { cwd });
  if (step.signal.aborted) return;
  if (exitCode !== 0) throw new Error(`git ${args[0]} failed with exit code ${exitCode ?? 'unknown'}.`);
};

const capture = async (step: StandInStep, cwd: string, ...args: readonly string[]): Promise<string> => {
  const lines: string[] = [];
  const { exitCode } = await step.exec('git', args, { cwd, onLine: (line) => lines.push(line) });
  return exitCode === 0 ? lines.join('\n') : '';
};

interface Target {
  readonly commit: string;
  /** What is fetched: the commit by its id, and the ref that it becomes here. */
  readonly fetch: string;
  /** What is checked out, as arguments of git checkout. */
  readonly checkout: readonly string[];
}

const ofCommit = (sha: string, ref: string): Target => {
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  const tag = /^refs\/tags\/(.+)$/.exec(ref)?.[1];
  if (branch !== undefined) {
    const remote = `refs/remotes/origin/${branch}`;
    return { commit: sha, fetch: `+${sha}:${remote}`, checkout: ['-B', branch, remote] };
  }
  if (tag !== undefined) return { commit: sha, fetch: `+${sha}:refs/tags/${tag}`, checkout: [`refs/tags/${tag}`] };
  return { commit: sha, fetch: sha, checkout: [sha] };
};

/** The commit of the run, or the branch, tag or commit that `ref` names. */
const targetOf = async (step: StandInStep, url: string, own: boolean): Promise<Target> => {
  const wanted = step.input('ref');
  const { ref = '', sha = '' } = step.github as { ref?: string; sha?: string };
  if (wanted === '' && own) return ofCommit(sha, ref);
  if (/^[0-9a-f]{40}$/.test(wanted)) return ofCommit(wanted, '');
  const listed = await capture(step, step.workspace, 'ls-remote', '--symref', url);
  const lines = listed.split('\n').map((line) => line.split('\t'));
  const candidates =
    wanted === ''
      ? [/^ref: (\S+)$/.exec(lines[0]?.[0] ?? '')?.[1] ?? '']
      : [wanted, `refs/heads/${wanted}`, `refs/tags/${wanted}`].filter((one) => one.startsWith('refs/'));
  for (const candidate of candidates) {
    const found = lines.find(([, name]) => name === candidate && candidate !== '');
    if (found?.[0] !== undefined && /^[0-9a-f]{40}$/.test(found[0])) return ofCommit(found[0], candidate);
  }
  throw new Error(`A branch or tag with the name '${wanted}' could not be found`);
};

const fetchTarget = async (step: StandInStep, folder: string, target: Target): Promise<void> => {
  const fetch = (...args: readonly string[]) => git(step, folder, 'fetch', '--quiet', '--prune', ...args);
  const depth = parseInteger(step.input('fetch-depth'));
  if (depth === undefined || depth < 0) {
    throw new Error(`fetch-depth is "${step.input('fetch-depth')}"; a whole number is expected.`);
  }
  if (depth > 0) {
    await fetch(
      step.input('fetch-tags') === 'true' ? '--tags' : '--no-tags',
      `--depth=${depth}`,
      'origin',
      target.fetch,
    );
    return;
  }
  await fetch('origin', '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*');
  // The branch may have moved on since the event.
  if ((await capture(step, folder, 'rev-parse', `${target.checkout.at(-1)}^{commit}`)) !== target.commit) {
    await fetch('--no-tags', 'origin', target.fetch);
  }
};

/** A real clone over file://: origin has GitHub's address, and git is told where that lies on this machine. */
export const checkout: StandIn = {
  uses: 'actions/checkout',
  replaces: 'clones the repository from the folder on this machine, as deep as the step asks for.',
  lacks: 'it speaks to GitHub, by HTTPS or SSH, and removes its credentials after the job.',
  others: [
    ...[
      'ssh-key',
      'ssh-known-hosts',
      'ssh-strict',
      'ssh-user',
      'filter',
      'sparse-checkout',
      'sparse-checkout-cone-mode',
    ],
    ...['lfs', 'submodules', 'github-server-url'],
  ],
  inputs: {
    repository: {},
    ref: {},
    token: {},
    path: {},
    clean: { default: 'true' },
    'fetch-depth': { default: '1' },
    'fetch-tags': { default: 'false' },
    'show-progress': { default: 'true' },
    'persist-credentials': { default: 'true' },
    'set-safe-directory': { default: 'true' },
  },
  run: async (step) => {
    const { repository = '', server_url = '' } = step.github as { repository?: string; server_url?: string };
    const name = step.input('repository') || repository;
    const source = step.repositoryPath(name);
    if (source === undefined) throw new Error(`Repository not found: ${name} lies nowhere on this machine.`);
    if ((step.permissions.contents ?? 'none') === 'none' && step.input('token') === '') {
      throw new Error(`Repository not found: the job's token has no \`contents: read\` for ${name}.`);
    }
    const folder = resolve(step.workspace, step.input('path'));
    if (relative(step.workspace, folder).startsWith('..')) throw new Error(`'${folder}' is not under the workspace.`);
    mkdirSync(folder, { recursive: true });
    const url = `${server_url}/${name}`;
    const settings = `[url "${pathToFileURL(source).href}"]\n\tinsteadOf = ${url}.git\n\tinsteadOf = ${url}\n[safe]\n\tdirectory = *\n[advice]\n\tdetachedHead = false\n`;
    appendFileSync(join(step.env.HOME ?? step.temp, '.gitconfig'), settings);
    if (step.input('clean') === 'true') {
      for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true });
    }
    await git(step, folder, 'init', '--quiet', '--initial-branch=main', folder);
    await git(step, folder, 'remote', 'add', 'origin', url);
    if (step.input('persist-credentials') === 'true') {
      const header = Buffer.from(`x-access-token:${step.github.token}`).toString('base64');
      step.mask(header);
      await git(step, folder, 'config', '--local', `http.${server_url}/.extraheader`, `AUTHORIZATION: basic ${header}`);
    }
    const target = await targetOf(step, url, name.toLowerCase() === repository.toLowerCase());
    await fetchTarget(step, folder, target);
    await git(step, folder, 'checkout', '--quiet', '--force', ...target.checkout);
    const commit = await capture(step, folder, 'rev-parse', 'HEAD');
    const ref = step.input('ref') || String(step.github.ref ?? '');
    return { outputs: { ref, commit } };
  },
};
