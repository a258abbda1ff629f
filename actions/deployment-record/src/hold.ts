import { formatDuration } from '@hospital-ops/action-kit/duration';
import { OpsError, TimeoutError } from '@hospital-ops/action-kit/errors';
import { poll } from '@hospital-ops/action-kit/poll';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { isTransient } from '@hospital-ops/aws/errors';
import type { Claim, Holder, Lock, Wanted } from '@hospital-ops/deployments/lock';
import type { RecordDeps } from './deps.ts';
import type { RecordInputs } from './inputs.ts';

/** `1.2.0 by alice (deploy-production): https://…/runs/7`, foreign text made one line. */
export const showHolder = ({
  version,
  actor,
  workflow,
  runUrl,
}: Pick<Holder, 'version' | 'actor' | 'workflow' | 'runUrl'>) =>
  neutralizeToLine(
    `${version || 'a deployment'}${actor && ` by ${actor}`}${workflow && ` (${workflow})`}${runUrl === undefined ? '' : `: ${runUrl}`}`,
    500,
  );

/** Raised when somebody else holds the environment; `holder` goes into the outputs. */
export class HeldError extends OpsError {
  readonly holder: Holder;

  constructor(environment: string, holder: Holder, now: number, waitedSeconds: number) {
    const age = formatDuration((now - holder.since) / 1000);
    const left = formatDuration(Math.max(0, holder.until - now) / 1000);
    super({
      what: `the environment "${environment}" is held by ${showHolder(holder)}, for ${age} now.`,
      why: `one deployment at a time goes into it${waitedSeconds > 0 ? `, and ${formatDuration(waitedSeconds)} of waiting did not see that one end` : ''}. Its lease lasts ${left} more.`,
      next: 'run this again when it is over, or wait for it with `lock-wait`. If its run is dead, take its lock away.',
      docs: 'README#remove-a-lock',
    });
    this.holder = holder;
  }
}

/** GitHub counts requests by the hour; AWS does not mind a look a second. */
const GITHUB_INTERVAL_MS = 15_000;

/** Claims the lock, waiting as long as `lock-wait` says. Throws HeldError, and what the lock throws. */
export const hold = async (
  lock: Lock,
  wanted: Wanted,
  inputs: RecordInputs,
  { clock, signal, log, table }: RecordDeps,
): Promise<Extract<Claim, { kind: 'ours' }> & { readonly waited: boolean }> => {
  const { environment, waitSeconds } = inputs;
  const first = await lock.claim(wanted);
  if (first.kind === 'ours') return { ...first, waited: false };
  if (waitSeconds === 0) throw new HeldError(environment, first.holder, lock.now(), 0);
  let shown = '';
  const tell = (holder: Holder) => {
    if (holder.owner === shown) return;
    shown = holder.owner;
    log.info(`Waiting for ${showHolder(holder)}.`);
  };
  tell(first.holder);
  let last: Claim = first;
  try {
    const claim = await poll<Claim, Extract<Claim, { kind: 'ours' }>>({
      what: `the environment "${environment}"`,
      observe: async () => {
        last = await lock.claim(wanted);
        return last;
      },
      decide: (seen) => (seen.kind === 'ours' ? { done: true, value: seen } : { done: false }),
      onObservation: (seen) => {
        if (seen.kind === 'held') tell(seen.holder);
      },
      ...(table === undefined && { interval: () => GITHUB_INTERVAL_MS }),
      timeoutMs: waitSeconds * 1000,
      isTransient,
      clock,
      signal,
    });
    return { ...claim, waited: true };
  } catch (error) {
    if (!(error instanceof TimeoutError) || last.kind !== 'held') throw error;
    throw new HeldError(environment, last.holder, lock.now(), waitSeconds);
  }
};
