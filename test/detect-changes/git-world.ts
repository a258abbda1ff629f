import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};

/** What becomes of a path: its new text, a deletion, a link or an executable bit. */
export type Edit = string | null | { readonly link: string } | { readonly executable: true };

export interface CheckoutOptions {
  /** 0 is all of the history, with all tags and branches, as in actions/checkout. */
  readonly depth: number;
  readonly sha: string;
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/1/merge`. */
  readonly ref: string;
  /** The input `filter` of actions/checkout. */
  readonly filter?: string;
}

/** A bare origin, a developer's clone and checkouts as actions/checkout makes them, in one temporary folder. */
export class GitWorld {
  readonly root = mkdtempSync(join(tmpdir(), 'git-world-'));
  readonly origin = join(this.root, 'origin.git');
  readonly work = join(this.root, 'work');
  #time = 1_700_000_000;
  #checkouts = 0;

  constructor() {
    this.git(this.root, 'init', '-q', '--bare', '-b', 'main', this.origin);
    this.git(this.origin, 'config', 'uploadpack.allowFilter', 'true');
    this.git(this.root, 'init', '-q', '-b', 'main', this.work);
    this.git(this.work, 'remote', 'add', 'origin', `file://${this.origin}`);
  }

  git(cwd: string, ...args: string[]): string {
    this.#time += 60;
    const dates = { GIT_AUTHOR_DATE: `${this.#time} +0000`, GIT_COMMITTER_DATE: `${this.#time} +0000` };
    return execFileSync('git', args, { cwd, env: { ...ENV, ...dates }, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  /** Writes a blob; returns its SHA. */
  hash(text: string): string {
    const args = ['hash-object', '-w', '--stdin'];
    return execFileSync('git', args, { cwd: this.work, env: ENV, input: text, encoding: 'utf8' }).trim();
  }

  /** Commits edits on what is checked out in the developer's clone; returns the SHA. */
  commit(edits: Readonly<Record<string, Edit>>): string {
    for (const [path, edit] of Object.entries(edits)) {
      const file = join(this.work, path);
      if (edit === null || typeof edit === 'object') if (!(edit && 'executable' in edit)) rmSync(file, { force: true });
      if (edit === null) continue;
      mkdirSync(dirname(file), { recursive: true });
      if (typeof edit === 'string') writeFileSync(file, edit);
      else if ('link' in edit) symlinkSync(edit.link, file);
      else chmodSync(file, 0o755);
    }
    this.git(this.work, 'add', '-A');
    this.git(this.work, 'commit', '-q', '--allow-empty', '-m', 'c');
    return this.head();
  }

  head(): string {
    return this.git(this.work, 'rev-parse', 'HEAD');
  }

  /** `git switch` in the developer's clone. */
  branch(name: string, from = 'HEAD'): void {
    this.git(this.work, 'switch', '-q', '-C', name, from);
  }

  switchTo(name: string): void {
    this.git(this.work, 'switch', '-q', name);
  }

  merge(name: string): string {
    this.git(this.work, 'merge', '-q', '--no-ff', '-m', 'merge', name);
    return this.head();
  }

  tag(name: string, annotated = false): void {
    this.git(this.work, 'tag', ...(annotated ? ['-a', '-m', name] : []), name);
    this.push(`refs/tags/${name}`);
  }

  push(...refs: string[]): void {
    this.git(this.work, 'push', '-q', '-f', 'origin', ...refs);
  }

  /** Returns the folder of a new checkout. */
  checkout({ depth, sha, ref, filter }: CheckoutOptions): string {
    this.#checkouts += 1;
    const folder = join(this.root, `checkout-${this.#checkouts}`);
    this.git(this.root, 'init', '-q', '-b', 'main', folder);
    this.git(folder, 'remote', 'add', 'origin', `file://${this.origin}`);
    const local = ref.replace(
      /^refs\/(heads|pull)\//,
      (_, kind) => `refs/remotes/${kind === 'heads' ? 'origin' : 'pull'}/`,
    );
    const wanted = `+${sha}:${local}`;
    const common = ['fetch', '-q', '--prune', '--no-recurse-submodules', ...(filter ? [`--filter=${filter}`] : [])];
    if (depth === 0) {
      this.git(
        folder,
        ...common,
        '--tags',
        'origin',
        '+refs/heads/*:refs/remotes/origin/*',
        '+refs/tags/*:refs/tags/*',
      );
    }
    this.git(folder, ...common, '--no-tags', ...(depth === 0 ? [] : [`--depth=${depth}`]), 'origin', wanted);
    this.git(folder, 'checkout', '-q', '--force', '--detach', sha);
    return folder;
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The environment of git for the code under test: nothing of the machine's own configuration. */
export const gitEnv = ENV;
