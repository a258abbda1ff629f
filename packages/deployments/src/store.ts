import type { Item, Key, Table } from '@hospital-ops/aws/dynamodb/ports';
import type { DeploymentRecord } from './record.ts';
import { parseRecord } from './record.ts';

/** Reads what is recorded of the deployments to one environment. */
export interface RecordReader {
  /** The last deployment that succeeded: what the environment runs. Undefined when none is recorded. */
  current(): Promise<DeploymentRecord | undefined>;
  /** At most `limit` deployments with an id before `before`, the last ids; that which began last comes first. */
  list(limit: number, before?: string): Promise<readonly DeploymentRecord[]>;
  /** What is recorded of one deployment: its end, else its beginning. */
  find(id: string): Promise<DeploymentRecord | undefined>;
}

/** Events are only ever added; a second one of the same deployment and kind changes nothing. Methods throw AwsError. */
export interface RecordStore extends RecordReader {
  begin(record: DeploymentRecord): Promise<void>;
  /** Returns false when the end was written before. */
  end(record: DeploymentRecord): Promise<boolean>;
}

/** The partition of an environment: one table may serve many repositories. */
export const partitionOf = (repository: string, environment: string): string =>
  `${repository.toLowerCase()}#${environment}`;

const EVENT = 'deployment#';
/** In the order of the alphabet the beginning comes behind the end, so that newest first it is read before it. */
const startedKey = (pk: string, id: string): Key => ({ pk, sk: `${EVENT}${id}#started` });
const endedKey = (pk: string, id: string): Key => ({ pk, sk: `${EVENT}${id}#ended` });
const CURRENT = 'current';

const recordIn = (item: Item | undefined): DeploymentRecord | undefined => parseRecord(item?.record);

/** The attributes beside the record are for readers of the table that want no more than figures. */
const itemOf = (key: Key, record: DeploymentRecord, writer: string): Key & Item => ({
  ...key,
  writer,
  deployment: record.id,
  status: record.status,
  kind: record.kind,
  sha: record.sha,
  started: record.started,
  ...(record.ended !== undefined && { ended: record.ended }),
  record: JSON.parse(JSON.stringify(record)) as Item,
});

/** Returns the record of the environment whose partition is `pk`. No other writer may have the name `writer`. */
export const tableRecords = (table: Table, pk: string, writer: string): RecordStore => {
  /** Returns false when somebody else wrote the event before. */
  const append = async (key: Key, record: DeploymentRecord): Promise<boolean> => {
    const written = await table.put(itemOf(key, record, writer), { expression: 'attribute_not_exists(pk)' });
    // Ours: the answer to the first of two tries was lost.
    return written.done || written.before?.writer === writer;
  };
  return {
    current: async () => recordIn(await table.get({ pk, sk: CURRENT })),
    find: async (id) => recordIn(await table.get(endedKey(pk, id))) ?? recordIn(await table.get(startedKey(pk, id))),
    list: async (limit, before) => {
      const found = new Map<string, DeploymentRecord>();
      let after = before === undefined ? undefined : endedKey(pk, before).sk;
      for (;;) {
        // Two events each, and one more: the last one's end may lie behind its beginning.
        const wanted = 2 * (limit - found.size) + 1;
        const items = await table.query({ pk, prefix: EVENT, limit: wanted, after });
        for (const record of items.flatMap((item) => recordIn(item) ?? [])) {
          const known = found.get(record.id);
          if (known === undefined || record.status !== 'in-progress') found.set(record.id, record);
        }
        after = typeof items.at(-1)?.sk === 'string' ? String(items.at(-1)?.sk) : undefined;
        if (items.length < wanted || found.size > limit) break;
      }
      const last = [...found.values()].slice(0, limit);
      // Who waited for another has an id from before that one's end.
      return last.sort((a, b) => b.started.localeCompare(a.started));
    },
    begin: async (record) => {
      await append(startedKey(pk, record.id), record);
    },
    end: async (record) => {
      const isFirst = await append(endedKey(pk, record.id), record);
      if (isFirst && record.status === 'success') {
        // One that began later and has succeeded already is what runs.
        await table.put(itemOf({ pk, sk: CURRENT }, record, writer), {
          expression: 'attribute_not_exists(#started) OR #started <= :started',
          values: { ':started': record.started },
        });
      }
      return isFirst;
    },
  };
};
