export interface Feature {
  readonly name: string;
  /** `refused`: by name, with file and line, before anything runs. */
  readonly support: 'as on GitHub' | 'with a difference' | 'refused';
  /** A file below test/rehearsal/runner, without `.test.ts`, and how one of its tests begins. */
  readonly test: readonly [file: string, title: string];
  readonly difference?: string;
}

const full = (name: string, file: string, title: string): Feature => ({
  name,
  support: 'as on GitHub',
  test: [file, title],
});

const part = (name: string, file: string, title: string, difference: string): Feature => ({
  name,
  support: 'with a difference',
  test: [file, title],
  difference,
});

const refused = (name: string, title: string, difference?: string): Feature => ({
  name,
  support: 'refused',
  test: ['refusals', title],
  ...(difference === undefined ? {} : { difference }),
});

export interface Section {
  readonly title: string;
  readonly features: readonly Feature[];
}

export const SECTIONS: readonly Section[] = [
  {
    title: 'Start',
    features: [
      full('`push` and `pull_request` with filters of branches, tags and paths', 'refusals', 'on: %s is started'),
      full(
        '`workflow_dispatch` inputs: types, defaults, choices',
        'refusals',
        'inputs of a manual run have their types',
      ),
      full('`run-name`', 'reviews', 'run-name is what the run is called'),
      part(
        'other events',
        'refusals',
        'on: %s is not started',
        'By `--event` alone, and without `paths` and the like.',
      ),
    ],
  },
  {
    title: 'Jobs',
    features: [
      full('`needs`, `if`, outputs, skipped chains', 'calls', 'a job after a skipped one is skipped too'),
      full('matrix `include` and `exclude`', 'matrix', 'include and exclude follow the example'),
      full('`fail-fast`', 'matrix', 'fail-fast cancels the others'),
      full('`max-parallel`', 'matrix', 'max-parallel holds the others back'),
      full('`continue-on-error` of a job', 'matrix', 'a job that may fail counts as a success'),
      full('`timeout-minutes` of a job', 'cancellation', 'a job that takes too long is cancelled'),
      full('concurrency with `queue: max`', 'cancellation', 'jobs of one group run one after the other'),
      full('concurrency without a queue', 'cancellation', 'without a queue a newer one takes the place'),
      full('`cancel-in-progress`', 'cancellation', 'with cancel-in-progress the running one makes way'),
      part(
        'environments: name, url, secrets, variables',
        'calls',
        'name and url are told',
        'No deployment record is made by itself where `deployment` is not false.',
      ),
      part(
        'reviewers of environments',
        'reviews',
        'lets the job run once they approve',
        '`--approve` and `--reject` name who answers, at once. Wait timers and branch rules are not known.',
      ),
      part(
        'service containers',
        'services',
        'a PostgreSQL with the user, password and database',
        'PostgreSQL and Redis of this machine, of whatever version, as processes; anything as containers with `--engine docker`. Other images, `credentials` and `command` are refused.',
      ),
      refused('`container` of a job, `snapshot`', '%s'),
      refused('Windows and macOS runners', '%s'),
    ],
  },
  {
    title: 'Steps',
    features: [
      full('`env`, `defaults`, `working-directory`', 'steps', 'env of workflow, job and step override each other'),
      full('shells: bash, sh, python, any with `{0}`', 'composite', 'may be python, or any program with {0}'),
      full('`outcome` and `conclusion`', 'steps', 'continue-on-error keeps the outcome'),
      full('`success()`, `failure()`, `always()`', 'steps', 'a failing step fails the job'),
      full('`cancelled()`, SIGINT, SIGTERM, kill', 'cancellation', 'the running step gets SIGINT and cleans up'),
      full('`timeout-minutes` of a step', 'steps', 'a step that is too slow fails'),
      full('files of outputs, variables, paths', 'steps', 'a script runs in the workspace and hands outputs'),
      full('state, `pre` and `post`', 'steps', 'state goes from pre to main to post'),
      full('job summaries, 1 MiB', 'steps', 'a summary above 1 MiB is refused'),
      part(
        'workflow commands and annotations',
        'commands',
        'annotations are kept with file and line',
        'Problem matchers are taken and do nothing.',
      ),
      full('masks', 'commands', 'secrets and added masks are hidden'),
      part('`hashFiles`', 'steps', 'hashFiles is the same', 'The number is not the one of GitHub.'),
      refused('background steps', '%s'),
    ],
  },
  {
    title: 'Actions and workflows',
    features: [
      full('JavaScript actions on Node 24', 'steps', 'inputs get their defaults'),
      full('composite actions, nested', 'composite', 'has its own inputs and steps'),
      full('`$/x`, `./x`, `owner/name/x@ref`', 'composite', 'uses others, whose `$/` is their own repository'),
      full('reusable workflows in ten levels', 'calls', 'outputs come up through three levels'),
      full('secrets, named and inherited', 'calls', 'secrets go to a called workflow only when'),
      part(
        'third-party actions',
        'security-stand-ins',
        'every stand-in says what it replaces',
        'Through the stand-ins below; an action without one is refused.',
      ),
      refused('actions in containers', '%s'),
      refused('other runtimes than `node24`', 'an action for another runtime'),
    ],
  },
  {
    title: 'Identity and services',
    features: [
      full('permissions of caller and callee', 'calls', 'a called workflow that asks for more than its caller'),
      part(
        'what the token of a job may do',
        'tokens',
        'does what it was granted, names what is missing',
        'One scope per kind of path; `github.token` before a job starts is the token of the run.',
      ),
      part(
        'ID tokens (OIDC)',
        'tokens',
        'is signed by the key of the endpoint',
        'Without `check_run_id` and enterprise claims; the subject cannot be customised.',
      ),
      part(
        'roles by ID token',
        'tokens',
        'a role is assumed where its trust policy holds',
        'The trust policy is the recommended one, not the one of your account.',
      ),
      part(
        'cache service, for `@actions/cache` and actions/cache',
        'results',
        'serves @actions/cache as it is',
        'Empty at the start of each run, and one for all branches; 10 GB are refused, not evicted. `workflow_run` never writes. `cache-mode` is not known. BuildKit in a container of its own (`type=gha`) does not reach it.',
      ),
      part(
        'artifact service, for `@actions/artifact` and the actions of artifacts',
        'results',
        'takes an archive in blocks, lists it',
        'For one run: `retention-days` and artifacts of other runs are not known.',
      ),
    ],
  },
];
