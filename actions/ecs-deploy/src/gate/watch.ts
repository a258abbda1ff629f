import type { Clock } from '@hospital-ops/action-kit/clock';
import { asOpsError, tell } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { isTransient } from '@hospital-ops/aws/errors';
import { hasReached } from '../rollout/decide-service-deployment.ts';
import type { Observation, Sight } from '../rollout/observation.ts';
import type { Gate, GateVerdict } from './gate.ts';

/**
 * True when the new revision may take traffic: from then on the gate is about it. Of a rolling deployment that is from
 * the update on; in stages from the first traffic, of tests or of people.
 */
const takesTraffic = (native: boolean, sight: Sight, deployment: ServiceDeployment | undefined): boolean => {
  if (!native || sight === 'none') return true;
  if (deployment === undefined) return false;
  return deployment.status === 'SUCCESSFUL' || hasReached(deployment.stage, 'TEST_TRAFFIC_SHIFT');
};

/**
 * Returns a function that looks at the gate when there is something to see. A gate that may not be looked at is breached:
 * what nobody can watch is not let through. A look that fails for the moment leaves it waiting.
 */
export const createGateWatch = (
  create: (() => Gate) | undefined,
  native: boolean,
  name: string,
  { log }: { readonly log: Log },
) => {
  let gate: Gate | undefined;
  let told = '';
  let refused: GateVerdict | undefined;
  const look = async (watched: Gate, fresh: boolean): Promise<GateVerdict> => {
    try {
      return await watched.look(fresh);
    } catch (error) {
      if (isTransient(error))
        return { kind: 'waiting', reason: `the gate could not be looked at: ${asOpsError(error).what}` };
      refused = { kind: 'breached', reason: `the gate cannot be watched: ${tell(error)}` };
      return refused;
    }
  };
  return async (
    sight: Sight,
    deployment: ServiceDeployment | undefined,
    isLast = false,
  ): Promise<GateVerdict | undefined> => {
    if (create === undefined || (gate === undefined && !takesTraffic(native, sight, deployment))) return undefined;
    gate ??= create();
    // What ECS watched by itself is over: an alarm that fired since the last look must not pass.
    const verdict = refused ?? (await look(gate, isLast || (native && deployment?.status === 'SUCCESSFUL')));
    const now = verdict.kind === 'open' ? 'the gate is open' : `the gate is ${verdict.kind}: ${verdict.reason}`;
    if (now !== told) log.info(`${name}: ${now}`);
    told = now;
    return verdict;
  };
};

/**
 * Returns a function that tells for how many milliseconds a completed deployment is still to be watched, and for how
 * many its gate is waited for.
 */
export const createBake = (
  clock: Clock,
  { bakeMs, graceMs }: { readonly bakeMs: number; readonly graceMs: number },
  onBegin: () => void = () => undefined,
) => {
  let since: number | undefined;
  return (isComplete: () => boolean): Pick<Observation, 'bakeLeftMs' | 'gateLeftMs'> => {
    if (since === undefined && isComplete()) {
      since = clock.now();
      if (bakeMs > 0) onBegin();
    }
    const left = (ms: number) => (since === undefined ? ms : Math.max(0, since + ms - clock.now()));
    return { bakeLeftMs: left(bakeMs), gateLeftMs: left(bakeMs + graceMs) };
  };
};
