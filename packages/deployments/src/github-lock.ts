import type { Clock } from '@hospital-ops/action-kit/clock';
import { asOpsError } from '@hospital-ops/action-kit/errors';
import type { NewDeployment } from '@hospital-ops/github/api';
import { statusOf as httpStatusOf } from '@hospital-ops/github/errors';
import type { Deployments, Known } from './github.ts';
import { isOpen, knownOf } from './github.ts';
import type { Holder, Lock } from './lock.ts';

const TRIES = 3;
const PAUSE_MS = 1_000;

/**
 * Creates a deployment and returns its id. GitHub may have created it although its answer was lost: before another try
 * it is looked for by the id in its payload. Throws OpsError.
 */
export const openDeployment = async (
  api: Deployments,
  deployment: NewDeployment,
  own: string,
  clock: Clock,
): Promise<number> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.createDeployment(deployment);
    } catch (error) {
      if ((httpStatusOf(asOpsError(error).cause) ?? 500) < 500) throw error;
      await clock.sleep(PAUSE_MS);
      const known = (await api.listDeployments(deployment.environment, 1)).flatMap((one) => knownOf(one) ?? []);
      const there = known.find(({ record }) => record.id === own);
      if (there !== undefined) return there.id;
      if (attempt >= TRIES) throw error;
    }
  }
};

const holderOf = ({ record, expires }: Known): Holder => ({
  owner: record.id,
  actor: record.actor,
  version: record.version,
  workflow: record.workflow,
  runUrl: record['run-url'],
  since: Date.parse(record.started),
  until: expires,
});

/** Runners' clocks differ: a lease that another takes over must be over for certain. */
const GRACE_MS = 120_000;

/**
 * Returns the lock of an environment that GitHub's deployments make up: a deployment that has not ended holds it. `open`
 * creates ours and returns its id. Of two that were created at once the older one holds, and the other gives way.
 */
export const githubLock = (api: Deployments, environment: string, clock: Clock, open: () => Promise<number>): Lock => {
  const known = async () => (await api.listDeployments(environment, 1)).flatMap((one) => knownOf(one) ?? []);
  const isHeld = ({ expires }: Known) => expires + GRACE_MS > clock.now();
  /** The oldest deployment that has not ended, of those before `id`. */
  const holderBefore = async (all: readonly Known[], id: number): Promise<Known | undefined> => {
    for (const one of [...all].sort((a, b) => a.id - b.id)) {
      if (one.id < id && isHeld(one) && isOpen(await api.deploymentWord(one.id))) return one;
    }
    return undefined;
  };
  return {
    now: () => clock.now(),
    holder: async () => {
      const holder = await holderBefore(await known(), Number.POSITIVE_INFINITY);
      return holder && holderOf(holder);
    },
    claim: async () => {
      const seen = await known();
      const holder = await holderBefore(seen, Number.POSITIVE_INFINITY);
      if (holder !== undefined) return { kind: 'held', holder: holderOf(holder) };
      const [last] = seen;
      const abandoned = last && isOpen(await api.deploymentWord(last.id)) ? holderOf(last) : undefined;
      const id = await open();
      const first = await holderBefore(await known(), id);
      if (first === undefined) return { kind: 'ours', abandoned };
      await api.createDeploymentStatus(id, { state: 'error', description: 'skipped: another deployment was first' });
      return { kind: 'held', holder: holderOf(first) };
    },
    // The word on how it ended lets go.
    release: async () => ({ kind: 'released' }),
  };
};
