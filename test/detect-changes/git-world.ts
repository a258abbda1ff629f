import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
    this.sh(
      this.root,
      `git init -q --bare -b main origin.git; git -C origin.git config uploadpack.allowFilter true
      git init -q -b main work; git -C work remote add origin "file://$1"`,
      this.origin,
    );
  }

  #run(command: string, args: readonly string[], cwd: string): string {
    this.#time += 60;
    const dates = { GIT_AUTHOR_DATE: `${this.#time} +0000`, GIT_COMMITTER_DATE: `${this.#time} +0000` };
    return execFileSync(command, args, { cwd, env: { ...ENV, ...dates }, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  git(cwd: string, ...args: string[]): string {
    return this.#run('git', args, cwd);
  }

  /** Several commands for the price of one: starting a process from one as large as a test runner's costs more than git. */
  sh(cwd: string, script: string, ...args: string[]): string {
    return this.#run('sh', ['-c', `set -e; ${script}`, 'sh', ...args], cwd);
  }

  /** Reads a stream of `git fast-import`; returns the SHAs of its marks, in their order. */
  import(stream: string): readonly string[] {
    const marks = join(this.root, 'marks');
    const args = ['fast-import', '--quiet', '--force', `--export-marks=${marks}`];
    execFileSync('git', args, { cwd: this.work, env: ENV, input: stream, stdio: 'pipe' });
    const lines = readFileSync(marks, 'utf8').trim().split('\n');
    const sha = new Map(lines.map((line) => [Number(line.slice(1).split(' ')[0]), line.split(' ')[1] ?? '']));
    return [...sha].sort(([one], [other]) => one - other).map(([, name]) => name);
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
    return this.sh(this.work, 'git add -A && git commit -q --allow-empty -m c && git rev-parse HEAD');
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
    return this.sh(this.work, 'git merge -q --no-ff -m merge "$1"; git rev-parse HEAD', name);
  }

  tag(name: string, annotated = false): void {
    const how = annotated ? '-a -m "$1"' : '';
    this.sh(this.work, `git tag ${how} "$1"; git push -q -f origin "refs/tags/$1"`, name);
  }

  push(...refs: string[]): void {
    this.git(this.work, 'push', '-q', '-f', 'origin', ...refs);
  }

  /** Returns the folder of a new checkout. */
  checkout({ depth, sha, ref, filter }: CheckoutOptions): string {
    this.#checkouts += 1;
    const folder = join(this.root, `checkout-${this.#checkouts}`);
    const local = ref.replace(
      /^refs\/(heads|pull)\//,
      (_, kind) => `refs/remotes/${kind === 'heads' ? 'origin' : 'pull'}/`,
    );
    const wanted = `+${sha}:${local}`;
    const all = '"+refs/heads/*:refs/remotes/origin/*" "+refs/tags/*:refs/tags/*"';
    const common = `git fetch -q --prune --no-recurse-submodules ${filter ? `--filter=${filter}` : ''}`;
    const history = depth === 0 ? `${common} --tags origin ${all}` : ':';
    this.sh(
      this.root,
      `git init -q -b main "$1"; cd "$1"; git remote add origin "file://$2"; ${history}
      ${common} --no-tags ${depth === 0 ? '' : `--depth=${depth}`} origin "$3"; git checkout -q --force --detach "$4"`,
      ...[folder, this.origin, wanted, sha],
    );
    return folder;
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The environment of git for the code under test: nothing of the machine's own configuration. */
export const gitEnv = ENV;
