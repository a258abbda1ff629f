import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { frozenAt, showMoment } from '@hospital-ops/deployments/freeze';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import type { RecordInputs } from './inputs.ts';

/**
 * Returns what is recorded of an override, undefined when no window is open. Throws OpsError for an open window that
 * nothing overrides.
 */
export const checkFreeze = (
  { environment, freeze, freezeOverride }: RecordInputs,
  now: number,
  log: Log,
): DeploymentRecord['freeze-override'] => {
  const frozen = frozenAt(freeze, now);
  if (frozen === undefined) return undefined;
  const { shown, timeZone } = frozen.window;
  const until = showMoment(frozen.until, timeZone);
  if (freezeOverride === undefined) {
    throw new OpsError({
      what: `nothing is deployed to "${environment}" now: the freeze window ${shown} is open until ${until}.`,
      why: `it is ${showMoment(now, timeZone)} there.`,
      next: 'run this again after the window, or say in `freeze-override` why it cannot wait.',
      docs: 'README#freeze-windows',
    });
  }
  log.notice(`The freeze window ${shown} is open until ${until}, and overridden: ${freezeOverride}`);
  return { reason: freezeOverride, window: shown };
};
