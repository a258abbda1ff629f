import type { Permissions } from './permissions.ts';
import type { ProcessEnd } from './processes.ts';

export interface StandInInput {
  readonly required?: boolean;
  readonly default?: string;
}

/** What a stand-in sees of its step, and does to it. All text that it logs is masked. */
export interface StandInStep {
  /** The input as given, its default, or empty. */
  input(name: string): string;
  /** Absolute path of the job's workspace. */
  readonly workspace: string;
  /** Absolute path of RUNNER_TEMP. */
  readonly temp: string;
  /** A folder that lives as long as the run, for artifacts and caches. */
  readonly store: string;
  /** The environment that a process of this step gets. */
  readonly env: Readonly<Record<string, string>>;
  /** The `github` context: sha, ref, ref_name, ref_type, repository, token and so on. */
  readonly github: Readonly<Record<string, unknown>>;
  /** What the job's token may do. */
  readonly permissions: Permissions;
  /** The Node 24 binary that actions run on. */
  readonly nodePath: string;
  /** State that the main part saved, in the post part. */
  readonly state: ReadonlyMap<string, string>;
  /** How the job stands, for the post part. */
  readonly jobStatus: 'success' | 'failure' | 'cancelled';
  readonly signal: AbortSignal;
  /** Returns the folder of a repository that the run knows, its own among them. */
  repositoryPath(name: string): string | undefined;
  log(text: string): void;
  warning(text: string): void;
  mask(value: string): void;
  /** Runs a program in the step's environment, its output in the step's log unless `onLine` takes it. */
  exec(
    file: string,
    args: readonly string[],
    options?: { readonly cwd?: string; readonly onLine?: (line: string) => void },
  ): Promise<ProcessEnd>;
}

export interface StandInResult {
  readonly outputs?: Readonly<Record<string, string>>;
  /** Variables for the steps that follow, as through GITHUB_ENV. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders that go before PATH for the steps that follow. */
  readonly path?: readonly string[];
  readonly state?: Readonly<Record<string, string>>;
}

/** Takes the place of a third-party action. An Error that it throws fails the step with the message. */
export interface StandIn {
  /** `actions/checkout`, `actions/cache/restore`: without the ref. */
  readonly uses: string;
  /** One line that says what it does in the place of the real one. */
  readonly replaces: string;
  /** One line that says what the real one does and this does not. */
  readonly lacks?: string;
  /** Inputs that the real action declares and that nothing here could honour: refused by name. */
  readonly others?: readonly string[];
  /** The inputs that it honours, by the names of the real action; any further one is none of the action's. */
  readonly inputs: Readonly<Record<string, StandInInput>>;
  run(step: StandInStep): Promise<StandInResult | undefined>;
  /** Runs at the end of the job, as the real action's post part. */
  post?(step: StandInStep): Promise<void>;
}
