import type { DeploymentRecord } from './record.ts';
import { isUntouched } from './record.ts';
import type { RecordReader } from './store.ts';

/** How far back a look goes: what lies behind has nothing in common with a release of today. */
const PAGE = 25;
const PAGES = 2;

/** Returns the last 50 deployments, newest first; `enough` ends the look. */
const newest = async (
  records: RecordReader,
  enough: (record: DeploymentRecord) => boolean,
): Promise<readonly DeploymentRecord[]> => {
  const all: DeploymentRecord[] = [];
  let before: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const found = await records.list(PAGE, before);
    for (const record of found) {
      all.push(record);
      if (enough(record)) return all;
    }
    before = found.at(-1)?.id;
    if (found.length < PAGE || before === undefined) break;
  }
  return all;
};

const succeeded = ({ status }: DeploymentRecord): boolean => status === 'success';

/** How many commits an ancestor is behind; `undefined` for a commit that is none. */
export type Distance = (ancestor: string) => Promise<number | undefined>;

/**
 * Returns whether the whole environment is at the record's commit. Services that others were left out beside were built from
 * a later one.
 */
export const isWhole = ({ deployed, services, sha }: DeploymentRecord): boolean =>
  deployed.every((name) => (services[name]?.sha ?? sha) === sha);

/** A roll-back proves nothing new: what it brought back was proved by its own deployment. */
const proves = (record: DeploymentRecord): boolean =>
  succeeded(record) && record.kind !== 'rollback' && isWhole(record);

/**
 * Returns what proves `sha`: the newest deployment of that very commit that succeeded, else that of its nearest ancestor;
 * undefined when the last 50 hold none. Its `services` are all of the environment, so each has the image that ran there.
 */
export const nearestProof = async (
  records: RecordReader,
  sha: string,
  distance: Distance,
): Promise<DeploymentRecord | undefined> => {
  const isExact = (record: DeploymentRecord) => proves(record) && record.sha === sha;
  const found = (await newest(records, isExact)).filter(proves);
  const exact = found.find(isExact);
  if (exact !== undefined) return exact;
  let nearest: { readonly record: DeploymentRecord; readonly behind: number } | undefined;
  const asked = new Set<string>();
  for (const record of found) {
    if (asked.has(record.sha)) continue;
    asked.add(record.sha);
    const behind = await distance(record.sha);
    if (behind !== undefined && (nearest === undefined || behind < nearest.behind)) nearest = { record, behind };
  }
  return nearest?.record;
};

/** What a roll-back goes to, or why that cannot be told. */
export type WayBack = { readonly record: DeploymentRecord } | { readonly problem: string };

/** After these what ran before runs still; after every other end but success nobody knows from here what does. */
const LEFT_AS_IT_WAS = new Set(['rolled-back', 'skipped']);

/** So many versions are named where another one was asked for. */
const NAMED = 5;

const ofVersion = async (records: RecordReader, version: string): Promise<WayBack> => {
  // Who has the list of tags at hand names the tag.
  const wanted = [version, version.replace(/^v(?=\d)/, '')];
  const isIt = (record: DeploymentRecord) => succeeded(record) && wanted.includes(record.version);
  const looked = await newest(records, isIt);
  const record = looked.find(isIt);
  if (record !== undefined) return { record };
  const versions = [...new Set(looked.filter(succeeded).map((one) => one.version))].slice(0, NAMED);
  return {
    problem: `none of the last deployments that succeeded was of version ${version}${versions.length === 0 ? '' : `; they were of ${versions.join(', ')}`}`,
  };
};

const previous = async (records: RecordReader): Promise<WayBack> => {
  let current: DeploymentRecord | undefined;
  const isBefore = (record: DeploymentRecord): boolean => {
    if (!succeeded(record)) return false;
    current ??= record;
    return record.version !== current.version;
  };
  const found = await newest(records, isBefore);
  const [last] = found.filter((record) => !LEFT_AS_IT_WAS.has(record.outcome) && !isUntouched(record));
  if (last !== undefined && !succeeded(last)) {
    const ended = last.status === 'in-progress' ? 'did not end yet' : `ended as ${last.outcome || last.status}`;
    return {
      problem: `the last deployment, of ${last.version}, ${ended}, so what runs may be that or what was before${current === undefined ? '' : `, ${current.version}`}`,
    };
  }
  if (current?.kind === 'rollback') {
    return {
      problem: `the last deployment was a roll-back to ${current.version}, and before it ran what it came from`,
    };
  }
  const record = found.find(isBefore);
  return record ? { record } : { problem: 'no other version is recorded as a success before the one that runs' };
};

/**
 * Returns the newest deployment of `version` that succeeded; for `previous` that of the version before the one that runs.
 * Where that cannot be told it has to be named: after a roll-back "previous" would be what was gone back from, and after
 * a deployment whose end is in doubt it could be the version before the one that is meant.
 */
export const findWayBack = (records: RecordReader, version: string): Promise<WayBack> =>
  version === 'previous' ? previous(records) : ofVersion(records, version);

type Texts = Readonly<Record<string, string>>;

const perService = (
  { services }: DeploymentRecord,
  pick: (state: DeploymentRecord['services'][string]) => unknown,
): Texts =>
  Object.fromEntries(
    Object.entries(services).flatMap(([name, state]) => {
      const text = pick(state);
      return typeof text === 'string' && text !== '' ? [[name, text]] : [];
    }),
  );

/** Returns the images of a record's services that are known by digest. */
export const imagesOf = (record: DeploymentRecord): Texts =>
  perService(record, ({ image, digest }) => (digest === undefined ? undefined : image));

/** Returns the task definition that took traffic of each service, as far as the record was told. */
export const revisionsOf = (record: DeploymentRecord): Texts =>
  perService(record, ({ serving }) => serving?.['task-definition']);
