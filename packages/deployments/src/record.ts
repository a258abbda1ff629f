import { isMap } from '@hospital-ops/action-kit/is-map';

/** How a deployment stands: `in-progress` until its end is written, `paused` when somebody has to continue it. */
export const STATUSES = ['in-progress', 'success', 'failure', 'cancelled', 'paused', 'unknown'] as const;
export type Status = (typeof STATUSES)[number];

export const KINDS = ['release', 'hotfix', 'rollback'] as const;
/** Why there was a deployment: what later metrics need to tell a failure from its repair. */
export type Kind = (typeof KINDS)[number];

/** What is known of one service. In a record of success it is what the environment runs since. */
export interface ServiceState {
  /**
   * An ecs-deploy outcome, `planned` before the end is known, `untouched` where it failed before it came to the service, or
   * `kept` for a service that this deployment was not about.
   */
  readonly outcome: string;
  /** The image's reference, by digest where the record was given one. */
  readonly image?: string;
  /** `sha256:…` of the image. */
  readonly digest?: string;
  readonly version?: string;
  /** The commit that the service was last deployed from. */
  readonly sha?: string;
  /** Id of the deployment that brought it. */
  readonly deployment?: string;
  readonly reason?: string;
  /** What took traffic at the end, as ecs-deploy saw it. */
  readonly serving?: { readonly 'task-definition': string; readonly version: string };
}

/**
 * One deployment, as `show` prints it and the table keeps it. All texts may be foreign. `services` holds every service of
 * the environment, those that were left alone with what they were before.
 */
export interface DeploymentRecord {
  /** Version of this form. */
  readonly schema: 1;
  /** Sorts by the time at which the deployment began. */
  readonly id: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly environment: string;
  readonly kind: Kind;
  /** Why, in the words of who started it. */
  readonly reason?: string;
  readonly version: string;
  readonly sha: string;
  readonly status: Status;
  /** The word that the status was told by: an ecs-deploy outcome or the status of a job. Empty before the end. */
  readonly outcome: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly ended?: string;
  readonly 'duration-seconds'?: number;
  readonly actor: string;
  readonly workflow: string;
  readonly 'run-url'?: string;
  readonly url?: string;
  /** Id of the deployment at GitHub. */
  readonly 'github-deployment'?: number;
  /** The last deployment before this one that succeeded. */
  readonly previous?: { readonly id: string; readonly version: string; readonly sha: string };
  /** Why it was deployed although a freeze window was open, and which one. */
  readonly 'freeze-override'?: { readonly reason: string; readonly window: string };
  /** Why it was deployed although a newer one ran, or nobody could tell: what ran. */
  readonly 'outdated-override'?: { readonly reason: string; readonly version: string; readonly sha: string };
  /** Names of the services that were to be deployed. */
  readonly deployed: readonly string[];
  readonly services: Readonly<Record<string, ServiceState>>;
}

/** The outcome of a service that a release which failed had not come to. */
export const UNTOUCHED = 'untouched';

/** How the word on a deployment at GitHub ends that came to none of its services. */
export const NO_SERVICE_TOUCHED = 'no service was touched';

/** True for a deployment that left each of its services as it was. */
export const isUntouched = ({ deployed, services }: DeploymentRecord): boolean =>
  deployed.length > 0 && deployed.every((name) => services[name]?.outcome === UNTOUCHED);

/** Returns the digest that an image reference ends in, or undefined. */
export const digestOf = (image: string | undefined): string | undefined =>
  /@(sha256:[0-9a-f]{64})$/.exec(image ?? '')?.[1];

/** Returns a value that was read from a store as a record, or undefined when it is none. */
export const parseRecord = (value: unknown): DeploymentRecord | undefined => {
  if (!isMap(value) || value.schema !== 1 || !isMap(value.services) || !Array.isArray(value.deployed)) return undefined;
  const texts = ['id', 'environment', 'version', 'sha', 'status', 'started'];
  if (!texts.every((name) => typeof value[name] === 'string') || !Object.values(value.services).every(isMap)) {
    return undefined;
  }
  return value as unknown as DeploymentRecord;
};

const WITHOUT_PUNCTUATION = /[-:.]/g;

/** Returns the id of a deployment that begins at `now`: its time, run and attempt, and four characters against chance. */
export const newId = (now: number, run: number | undefined, attempt: number, random: () => number): string => {
  const stamp = new Date(now).toISOString().replace(WITHOUT_PUNCTUATION, '');
  const chance = Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `${stamp}-${run ?? 0}-${attempt}-${chance}`;
};

export const ID = /^\d{8}T\d{9}Z-\d+-\d+-[0-9a-z]{4}$/;

/** Returns when a deployment began, by its id: ISO 8601. */
export const startedOf = (id: string): string =>
  id.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z.*$/, '$1-$2-$3T$4:$5:$6.$7Z');
