import type { Service } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { GateVerdict } from '../gate/verdict.ts';

/** One look at a weighted canary while it is watched. */
export interface Look {
  readonly gate: GateVerdict;
  /** Undefined when the answer did not hold the service. */
  readonly canary: Service | undefined;
  readonly main: Service | undefined;
  /** Failed tasks of the new revision that were seen stopped. */
  readonly failedTasks: number;
  /** Percent that the rule gives to the canary; undefined when it is about other target groups by now, or gives nobody any. */
  readonly share: number | undefined;
  /** Milliseconds since the watch began. */
  readonly elapsedMs: number;
  /** Looks in a row, this one included, that did not hold one of the services. */
  readonly missing: number;
}

/** What should be. Task definitions are ARNs. */
export interface WatchAim {
  readonly canary: string;
  /** Undefined while it is deployed: who deploys it watches it. */
  readonly main: string | undefined;
  /** True when the main service has the new revision and is to have tasks of it. */
  readonly mainServes: boolean;
  readonly percent: number;
  readonly bakeMs: number;
  /** How much longer a gate may take that has not spoken yet. */
  readonly graceMs: number;
  readonly maxFailedTasks: number;
}

export type WatchVerdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'superseded'; readonly by: string; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

const CONTINUE: WatchVerdict = { kind: 'continue' };
/** One empty answer may be a fault of the moment. */
const MISSING_LOOKS = 3;
/** Weights are whole numbers; a share that differs by less is the same one. */
const SAME_SHARE = 0.01;

/** Why a service is not as this run left it; undefined when it is. */
const estranged = (service: Service, wanted: string | undefined): WatchVerdict | undefined => {
  if (service.status !== 'ACTIVE')
    return { kind: 'failed', reason: `service "${service.name}" is ${service.status || 'of unknown status'}` };
  const primary = primaryOf(service);
  if (primary === undefined || wanted === undefined || primary.taskDefinition === wanted) return undefined;
  return {
    kind: 'superseded',
    by: primary.taskDefinition,
    reason: `another deployment, ${primary.id}, took service "${service.name}" over with ${shortName(primary.taskDefinition)}`,
  };
};

/**
 * Returns what a look means. Whoever else has changed a service or the rule is not fought; a breach, failed tasks and a
 * canary without tasks end the watch at once; and time alone never passes it: the gate must be open at the end.
 */
export const decideWatch = (look: Look, aim: WatchAim): WatchVerdict => {
  const { canary, main, gate, share, elapsedMs } = look;
  if (canary === undefined || main === undefined) {
    const reason = `service "${canary === undefined ? 'canary' : 'main'}" disappeared from the answer of DescribeServices`;
    return look.missing >= MISSING_LOOKS ? { kind: 'lost', reason } : CONTINUE;
  }
  const foreign = estranged(canary, aim.canary) ?? estranged(main, aim.main);
  if (foreign !== undefined) return foreign;
  if (share === undefined || Math.abs(share - aim.percent) > SAME_SHARE) {
    const now =
      share === undefined
        ? 'other target groups, or weights that are all 0'
        : `${Math.round(share * 100) / 100} % for the canary`;
    const reason = `somebody changed the listener rule: ${now}, where this release had set ${aim.percent} %`;
    return { kind: 'superseded', by: '', reason };
  }
  if (gate.kind === 'breached') return { kind: 'failed', reason: gate.reason };
  if (aim.maxFailedTasks > 0 && look.failedTasks >= aim.maxFailedTasks)
    return { kind: 'failed', reason: `${look.failedTasks} tasks of the new revision failed` };
  if (aim.percent > 0 && canary.running === 0)
    return {
      kind: 'failed',
      reason: `no task of service "${canary.name}" runs, which takes ${aim.percent} % of the traffic`,
    };
  if (aim.mainServes && main.running === 0)
    return { kind: 'failed', reason: `no task of service "${main.name}" runs, which takes the traffic` };
  if (elapsedMs < aim.bakeMs) return CONTINUE;
  if (gate.kind === 'open') return { kind: 'passed' };
  return elapsedMs < aim.bakeMs + aim.graceMs ? CONTINUE : { kind: 'failed', reason: gate.reason };
};
