import { isMap } from '@hospital-ops/action-kit/is-map';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { DeploymentRecord, ServiceState, Status } from '@hospital-ops/deployments/record';
import { digestOf, UNTOUCHED } from '@hospital-ops/deployments/record';

/** What a step says of one service: its name alone, or how its deployment ended. */
export interface ServiceResult {
  readonly name: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly serving?: { readonly 'task-definition': string; readonly version: string };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A reason is one of many in an item, which holds 400 KB (DynamoDB, item size). */
const MAX_REASON = 500;

const parseService = (value: unknown): ServiceResult | undefined => {
  if (typeof value === 'string') return value === '' ? undefined : { name: value };
  if (!isMap(value)) return undefined;
  const name = text(value.name) || text(value.service);
  if (name === '' || text(value.outcome) === '') return undefined;
  const serving = isMap(value.serving) ? value.serving : {};
  const reason = neutralizeToLine(text(value.reason), MAX_REASON);
  return {
    name,
    outcome: text(value.outcome),
    ...(reason !== '' && { reason }),
    ...(text(serving['task-definition']) !== '' && {
      serving: { 'task-definition': text(serving['task-definition']), version: text(serving.version) },
    }),
  };
};

/** Returns the services of a step, undefined when it does not say, `unreadable` when it says what is none. */
export const parseServices = (value: unknown): readonly ServiceResult[] | undefined | 'unreadable' => {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return 'unreadable';
  const services = value.flatMap((entry) => parseService(entry) ?? []);
  return services.length === value.length ? services : 'unreadable';
};

/** Returns images by service, or undefined when the value is no map of texts. */
export const parseImages = (value: unknown): ReadonlyMap<string, string> | undefined => {
  if (value === undefined) return new Map();
  if (!isMap(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every(([, image]) => typeof image === 'string' && image !== '')
    ? new Map(entries.map(([name, image]) => [name, text(image)]))
    : undefined;
};

/** What is left alone stays what it was: each record of success tells of the whole environment. */
const kept = ({ image, digest, version, sha, deployment }: ServiceState): ServiceState => ({
  outcome: 'kept',
  ...(image !== undefined && { image }),
  ...(digest !== undefined && { digest }),
  ...(version !== undefined && { version }),
  ...(sha !== undefined && { sha }),
  ...(deployment !== undefined && { deployment }),
});

export interface Bringing {
  readonly id: string;
  readonly version: string;
  readonly sha: string;
  readonly images: ReadonlyMap<string, string>;
}

/** Returns every service of the environment as a deployment of `names` that begins would leave it. */
export const plannedServices = (
  previous: DeploymentRecord | undefined,
  names: readonly string[],
  { id, version, sha, images }: Bringing,
): Readonly<Record<string, ServiceState>> => {
  const before = Object.entries(previous?.services ?? {}).map(([name, state]) => [name, kept(state)] as const);
  const planned = names.map((name) => {
    const image = images.get(name);
    const digest = digestOf(image);
    return [
      name,
      {
        outcome: 'planned',
        ...(image !== undefined && { image }),
        ...(digest !== undefined && { digest }),
        version,
        sha,
        deployment: id,
      },
    ] as const;
  });
  return Object.fromEntries([...before, ...planned]);
};

const NOT_REACHED = 'the release ended before it came to this service, which runs on as it was';

/** What is said of a service that nobody spoke of: what is said of the whole, unless that came to none of its services. */
const unspoken = ({ results, outcome }: Spoken, status: Status): Pick<ServiceState, 'outcome' | 'reason'> => {
  if (status === 'success') return { outcome: 'deployed' };
  return results?.length === 0 ? { outcome: UNTOUCHED, reason: NOT_REACHED } : { outcome };
};

export interface Spoken {
  /** Empty when no service was come to, undefined when nobody says. */
  readonly results: readonly ServiceResult[] | undefined;
  readonly images: ReadonlyMap<string, string>;
  /** What is said of the whole. */
  readonly outcome: string;
}

/** Returns the services of a record at its end. Pure. */
export const endedServices = (
  record: DeploymentRecord,
  spoken: Spoken,
  status: Status,
): Readonly<Record<string, ServiceState>> => {
  const { results = [], images } = spoken;
  const byName = new Map(results.map((result) => [result.name, result]));
  const added = results.map(({ name }) => name).filter((name) => !record.deployed.includes(name));
  const all = { ...record.services, ...plannedServices(undefined, added, { ...record, images }) };
  return Object.fromEntries(
    Object.entries(all).map(([name, state]) => {
      const result = byName.get(name);
      if (result === undefined && state.outcome !== 'planned') return [name, state];
      const image = images.get(name) ?? state.image;
      const digest = digestOf(image);
      return [
        name,
        {
          ...state,
          ...(image !== undefined && { image }),
          ...(digest !== undefined && { digest }),
          ...(result?.outcome === undefined ? unspoken(spoken, status) : { outcome: result.outcome }),
          ...(result?.reason !== undefined && { reason: result.reason }),
          ...(result?.serving !== undefined && { serving: result.serving }),
        },
      ];
    }),
  );
};
