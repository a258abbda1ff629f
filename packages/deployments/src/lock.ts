import type { Item, Table } from '@hospital-ops/aws/dynamodb/ports';

/** Who holds an environment, as the loser of a race is told. Texts may be foreign. */
export interface Holder {
  /** Id of the deployment that holds it. */
  readonly owner: string;
  readonly actor: string;
  readonly version: string;
  readonly workflow: string;
  readonly runUrl: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
}

export type Claim =
  /** `abandoned` is the owner whose lease was over when it was taken. */
  | { readonly kind: 'ours'; readonly abandoned: Holder | undefined }
  | { readonly kind: 'held'; readonly holder: Holder };

/** `gone`: nobody held it any more. `lost`: the lease was over and somebody else took it. */
export type Release = { readonly kind: 'released' | 'gone' } | { readonly kind: 'lost'; readonly holder: Holder };

/** A lock of one environment. Claims and releases may be repeated after a lost answer. Methods throw AwsError. */
export interface Lock {
  claim(wanted: Wanted): Promise<Claim>;
  release(owner: string): Promise<Release>;
  /** Who holds it at this moment; undefined when nobody does. */
  holder(): Promise<Holder | undefined>;
  /** The clock that leases are measured by, milliseconds since the epoch. */
  now(): number;
}

export type Wanted = Omit<Holder, 'since' | 'until'> & { readonly leaseMs: number };

/**
 * Leases are written and compared by AWS's own clock, as far as its answers tell it: to the second. A lease that another
 * takes over must be over for certain.
 */
const GRACE_MS = 5_000;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

const holderOf = (item: Item): Holder => ({
  owner: text(item.owner),
  actor: text(item.actor),
  version: text(item.version),
  workflow: text(item.workflow),
  runUrl: text(item['run-url']) || undefined,
  since: number(item.since),
  until: number(item.expires),
});

export const LOCK = 'lock';

/** Returns the lock of the environment whose partition is `pk`. */
export const tableLock = (table: Table, pk: string): Lock => {
  const key = { pk, sk: LOCK };
  return {
    now: () => table.now(),
    holder: async () => {
      const seen = await table.get(key);
      return seen === undefined || number(seen.expires) < table.now() ? undefined : holderOf(seen);
    },
    claim: async ({ owner, actor, version, workflow, runUrl, leaseMs }) => {
      // The first answer tells AWS's time, without which nothing can be said of a lease.
      const seen = await table.get(key);
      const now = table.now();
      if (seen !== undefined && seen.owner !== owner && number(seen.expires) + GRACE_MS >= now) {
        return { kind: 'held', holder: holderOf(seen) };
      }
      const item = {
        ...key,
        owner,
        actor,
        version,
        workflow,
        'run-url': runUrl ?? '',
        since: now,
        expires: now + leaseMs,
      };
      const written = await table.put(item, {
        expression: 'attribute_not_exists(pk) OR #owner = :owner OR #expires < :over',
        values: { ':owner': owner, ':over': now - GRACE_MS },
      });
      const before = written.before && holderOf(written.before);
      if (written.done) {
        // Ours already: the answer to the first of two tries was lost, and what that one found was seen before.
        const taken = before?.owner === owner ? seen && holderOf(seen) : before;
        return { kind: 'ours', abandoned: taken?.owner === owner ? undefined : taken };
      }
      if (before !== undefined) return { kind: 'held', holder: before };
      // It stood there a moment ago and DynamoDB does not say whose it was.
      const again = await table.get(key);
      const unnamed = { owner: '', actor: '', version: '', workflow: '', runUrl: undefined, since: now, until: now };
      return { kind: 'held', holder: again === undefined ? unnamed : holderOf(again) };
    },
    release: async (owner) => {
      const removed = await table.remove(key, { expression: '#owner = :owner', values: { ':owner': owner } });
      if (removed.done) return { kind: removed.before === undefined ? 'gone' : 'released' };
      return removed.before === undefined ? { kind: 'gone' } : { kind: 'lost', holder: holderOf(removed.before) };
    },
  };
};
