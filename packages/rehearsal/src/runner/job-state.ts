import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheModeOf } from '../results/cache-mode.ts';
import type { ResultsGrant } from '../results/results-server.ts';
import type { Scope, Value } from './expressions.ts';
import { githubVariables } from './github-context.ts';
import { hashFiles } from './hash-files.ts';
import type { Grant } from './job-authority.ts';
import { Masker } from './masker.ts';
import type { Permissions } from './permissions.ts';
import type { RunContext } from './run-context.ts';
import type { Conclusion, JobRef, StepResult } from './run-events.ts';
import type { RunningService } from './services/service-engine.ts';

/** The contexts that a job gets from the workflow that it stands in. */
export interface JobContexts {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly needs: Readonly<Record<string, Value>>;
  readonly strategy: Readonly<Record<string, Value>>;
  readonly matrix: Readonly<Record<string, Value>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
}

export interface JobFacts {
  readonly ref: JobRef;
  /** The key in `jobs:`. */
  readonly id: string;
  readonly permissions: Permissions;
  /** Name of the environment that the job declares. */
  readonly environment: string | undefined;
  readonly contexts: JobContexts;
  /** `job.workflow_*`. */
  readonly workflow: {
    readonly ref: string;
    readonly sha: string;
    readonly repository: string;
    readonly file_path: string;
  };
}

export interface StepOutcome {
  readonly outputs: Readonly<Record<string, string>>;
  readonly outcome: Conclusion;
  readonly conclusion: Conclusion;
}

const os = (): string => (process.platform === 'darwin' ? 'macOS' : 'Linux');
const arch = (): string => (process.arch === 'arm64' ? 'ARM64' : 'X64');

/** What a job remembers from step to step. */
export class JobState {
  readonly run: RunContext;
  readonly facts: JobFacts;
  readonly masker = new Masker();
  /** `env` of workflow and job, and what steps wrote to GITHUB_ENV. */
  readonly env = new Map<string, string>();
  /** Latest last. */
  readonly paths: string[] = [];
  readonly steps = new Map<string, StepOutcome>();
  readonly results: StepResult[] = [];
  /** `job.services`. */
  readonly services = new Map<string, Omit<RunningService, 'stop'>>();
  readonly trackingId = `github_${randomUUID()}`;
  readonly folder: string;
  readonly workspace: string;
  readonly temp: string;
  readonly #home: string;
  readonly #grant: Grant | undefined;
  readonly #resultsGrant: ResultsGrant;
  readonly #token: string;
  #status: 'success' | 'failure' | 'cancelled' = 'success';

  constructor(run: RunContext, facts: JobFacts) {
    this.run = run;
    this.facts = facts;
    const [, name = 'repository'] = run.tree.repository.split('/');
    this.folder = join(run.folders.root, 'jobs', randomUUID());
    this.workspace = join(this.folder, 'work', name, name);
    this.temp = join(this.folder, 'work', '_temp');
    this.#home = join(this.folder, 'home');
    for (const path of [this.workspace, this.temp, this.#home, join(this.folder, 'tmp'), join(this.folder, 'tools')]) {
      mkdirSync(path, { recursive: true });
    }
    this.#grant = run.authority?.grant({
      permissions: facts.permissions,
      identity: { github: run.github, workflow: facts.workflow, environment: facts.environment },
    });
    this.#token = this.#grant?.token ?? run.token;
    this.#resultsGrant = run.resultsService.grant({
      ref: String(run.github.ref),
      mode: cacheModeOf(String(run.github.event_name)),
    });
    const secrets = [
      run.token,
      this.#token,
      this.#resultsGrant.token,
      ...(this.#grant?.secrets ?? []),
      ...Object.values(facts.contexts.secrets),
    ];
    for (const secret of secrets) this.masker.add(secret);
  }

  /** What JavaScript actions get and scripts do not: where caches and artifacts are, and the token for them. */
  get actionVariables(): Readonly<Record<string, string>> {
    return this.#resultsGrant.env;
  }

  /** Its tokens are good for nothing any more. */
  end(): void {
    this.#resultsGrant.revoke();
    this.#grant?.revoke();
  }

  get status(): 'success' | 'failure' | 'cancelled' {
    return this.#status;
  }

  /** A cancelled job stays cancelled, whatever its steps then do. */
  set status(status: 'success' | 'failure' | 'cancelled') {
    if (this.#status !== 'cancelled') this.#status = status;
  }

  /** The scope of an expression in this job; `github` and `env` are those of the step. */
  scope(github: Readonly<Record<string, Value>> = {}, env: ReadonlyMap<string, string> = this.env): Scope {
    const { contexts, workflow } = this.facts;
    return {
      contexts: {
        ...contexts,
        secrets: { ...contexts.secrets, GITHUB_TOKEN: this.#token },
        github: { ...this.run.github, token: this.#token, job: this.facts.id, workspace: this.workspace, ...github },
        env: new Map(env),
        steps: Object.fromEntries(this.steps),
        job: {
          status: this.status,
          services: Object.fromEntries(this.services),
          workflow_ref: workflow.ref,
          workflow_sha: workflow.sha,
          workflow_repository: workflow.repository,
          workflow_file_path: workflow.file_path,
        },
        runner: {
          os: os(),
          arch: arch(),
          name: 'GitHub Actions 1',
          environment: 'github-hosted',
          temp: this.temp,
          tool_cache: join(this.folder, 'tools'),
          workspace: join(this.workspace, '..'),
        },
      },
      functions: {
        success: () => this.status === 'success',
        failure: () => this.status === 'failure',
        cancelled: () => this.status === 'cancelled',
        always: () => true,
        hashFiles: (...patterns) => hashFiles(this.workspace, patterns.map(String)),
      },
    };
  }

  /** The environment of a process: nothing of this machine but PATH, then the run's, the workflow's and GitHub's. */
  environment(
    github: Readonly<Record<string, Value>>,
    env: ReadonlyMap<string, string>,
    extra: Readonly<Record<string, string>> = {},
  ): Record<string, string> {
    const variables: Record<string, string> = {
      LANG: 'C.UTF-8',
      HOME: this.#home,
      TMPDIR: join(this.folder, 'tmp'),
      CI: 'true',
      ...this.run.env,
      ...this.#grant?.env,
      ...Object.fromEntries(env),
      ...githubVariables({ ...this.run.github, job: this.facts.id, workspace: this.workspace, ...github }),
      GITHUB_ACTIONS: 'true',
      RUNNER_OS: os(),
      RUNNER_ARCH: arch(),
      RUNNER_NAME: 'GitHub Actions 1',
      RUNNER_ENVIRONMENT: 'github-hosted',
      RUNNER_TEMP: this.temp,
      RUNNER_TOOL_CACHE: join(this.folder, 'tools'),
      RUNNER_WORKSPACE: join(this.workspace, '..'),
      RUNNER_TRACKING_ID: this.trackingId,
      ...extra,
    };
    variables.PATH = [...[...this.paths].reverse(), variables.PATH ?? ''].filter((path) => path !== '').join(':');
    return variables;
  }
}
