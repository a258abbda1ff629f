import { isMap } from '@hospital-ops/action-kit/is-map';
import type { ResolvedEnvironment } from '@hospital-ops/pipeline/model';
import type { GitHub } from '../github/server.ts';
import type { CallAws } from './call-aws.ts';

/** What is recorded of one deployment, in the form that the README of deployment-record publishes. */
export type Recorded = Readonly<Record<string, unknown>>;

interface Places {
  readonly call: CallAws;
  readonly github: Pick<GitHub, 'deployments' | 'addDeployment'>;
  /** `owner/name`. */
  readonly repository: string;
}

/** Returns a value of JSON as DynamoDB's JSON has it. */
const toAttribute = (value: unknown): Recorded => {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  return isMap(value)
    ? { M: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toAttribute(inner)])) }
    : { NULL: true };
};

const fromAttribute = (attribute: unknown): unknown => {
  if (!isMap(attribute)) return undefined;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (Array.isArray(attribute.L)) return attribute.L.map(fromAttribute);
  if (!isMap(attribute.M)) return attribute.S ?? attribute.BOOL;
  return Object.fromEntries(Object.entries(attribute.M).map(([key, inner]) => [key, fromAttribute(inner)]));
};

const partition = (repository: string, environment: string) => `${repository.toLowerCase()}#${environment}`;

const tableExists = (call: CallAws, name: string): Promise<boolean> =>
  call('dynamodb', 'DescribeTable', { TableName: name }).then(
    () => true,
    () => false,
  );

/** Creates the table that an environment's deployments are recorded in, if the pipeline file names one. */
export const createRecordTable = async (call: CallAws, { recordTable }: ResolvedEnvironment): Promise<void> => {
  if (recordTable === undefined || (await tableExists(call, recordTable))) return;
  const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' });
  await call('dynamodb', 'CreateTable', {
    TableName: recordTable,
    AttributeDefinitions: [text('pk'), text('sk')],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
};

export interface Baseline {
  readonly sha: string;
  readonly version: string;
  /** Milliseconds since the epoch, when it was deployed. */
  readonly at: number;
  /** Name of each service to its image by digest. */
  readonly images: ReadonlyMap<string, string>;
  /** Something else runs by now. */
  readonly isPast?: boolean;
}

/** Records what an environment runs before the release as a deployment that succeeded, in its table and at GitHub. */
export const recordBaseline = async (
  { call, github, repository }: Places,
  environment: Pick<ResolvedEnvironment, 'name' | 'recordTable'>,
  { sha, version, at, images, isPast = false }: Baseline,
): Promise<void> => {
  const time = new Date(at).toISOString();
  const id = `${time.replace(/[-:.]/g, '')}-1000000-1-base`;
  const services = Object.fromEntries(
    [...images].map(([name, image]) => [
      name,
      { outcome: 'deployed', image, digest: image.replace(/^.*@/, ''), version, sha, deployment: id },
    ]),
  );
  const record = {
    schema: 1,
    id,
    repository,
    environment: environment.name,
    kind: 'release',
    version,
    sha,
    status: 'success',
    outcome: 'deployed',
    started: time,
    ended: time,
    'duration-seconds': 0,
    actor: 'rehearser',
    workflow: 'before',
    deployed: [...images.keys()],
    services,
  };
  github.addDeployment({
    sha,
    environment: environment.name,
    payload: { 'hospital-ops': { ...record, status: 'in-progress', outcome: '' }, expires: at },
    state: 'success',
    at,
  });
  if (environment.recordTable === undefined) return;
  const pk = partition(repository, environment.name);
  for (const sk of [`deployment#${id}#ended`, ...(isPast ? [] : ['current'])]) {
    await call('dynamodb', 'PutItem', {
      TableName: environment.recordTable,
      Item: {
        pk: { S: pk },
        sk: { S: sk },
        writer: { S: 'rehearsal' },
        deployment: { S: id },
        started: { S: time },
        record: toAttribute(record),
      },
    });
  }
};

/** What stands in an environment's record after the release. */
export interface RecordedEnvironment {
  readonly environment: string;
  /** Newest first, without the baseline. */
  readonly deployments: readonly Recorded[];
  /** True while a lock is left in the table. */
  readonly held: boolean;
}

const inTable = async (
  { call, repository }: Places,
  { name, recordTable }: ResolvedEnvironment,
): Promise<RecordedEnvironment> => {
  const { Items } = (await call('dynamodb', 'Query', {
    TableName: recordTable,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: partition(repository, name) } },
    ScanIndexForward: false,
  })) as { Items: ReadonlyArray<Readonly<Record<string, unknown>>> };
  const found = new Map<unknown, Recorded>();
  // Behind a deployment's beginning, newest first, comes its end.
  for (const item of Items) {
    const [sk, record] = [fromAttribute(item.sk), fromAttribute(item.record)];
    if (isMap(record) && String(sk).startsWith('deployment#')) found.set(record.id, record);
  }
  return {
    environment: name,
    deployments: [...found.values()],
    held: Items.some((item) => fromAttribute(item.sk) === 'lock'),
  };
};

const STATUSES = new Map([
  ['success', 'success'],
  ['failure', 'failure'],
  ['pending', 'paused'],
]);

const atGitHub = ({ github }: Places, { name }: ResolvedEnvironment): RecordedEnvironment => ({
  environment: name,
  held: false,
  deployments: github
    .deployments()
    .filter(({ environment }) => environment === name)
    .flatMap(({ payload, statuses }) => {
      const record = isMap(payload) ? payload['hospital-ops'] : undefined;
      if (!isMap(record)) return [];
      const word = statuses.find(({ state }) => state !== 'inactive');
      const isOpen = word === undefined || ['in_progress', 'queued'].includes(word.state);
      const status = STATUSES.get(word?.state ?? '') ?? 'unknown';
      return [isOpen ? record : { ...record, status, outcome: word.description.split(/[:.]/)[0] }];
    }),
});

const BASELINE = /-base$/;

/** Returns what is recorded of the deployments to an environment, past everything that the actions say. */
export const readRecords = async (places: Places, environment: ResolvedEnvironment): Promise<RecordedEnvironment> => {
  const found =
    environment.recordTable === undefined ? atGitHub(places, environment) : await inTable(places, environment);
  return { ...found, deployments: found.deployments.filter(({ id }) => !BASELINE.test(String(id))) };
};
