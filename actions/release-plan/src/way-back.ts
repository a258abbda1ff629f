import { isMap } from '@hospital-ops/action-kit/is-map';

/** What ecs-deploy says of one service, as far as the way back needs it. */
export interface Deployed {
  readonly service: string;
  readonly name: string;
  readonly outcome: string;
  /** ARN of the revision that served before. */
  readonly old: string;
  /** The version that must answer now; empty where ecs-deploy does not know it. */
  readonly version: string;
}

/** An entry of ecs-deploy's `services` that puts a whole revision back. */
export interface Return {
  readonly service: string;
  readonly name: string;
  readonly 'rollback-to': string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const textIn = (value: unknown, key: string): string => (isMap(value) ? text(value[key]) : '');

/**
 * Outcomes after which the new revision serves, is about to or waits to; after every other one ecs-deploy took it back
 * itself.
 */
const TOOK_HOLD = new Set(['deployed', 'started', 'paused']);

/** Returns ecs-deploy's output `services`, or undefined when it is not that. */
export const parseDeployed = (value: unknown): Deployed[] | undefined => {
  if (!Array.isArray(value)) return undefined;
  const entries = value.filter(isMap).map((entry) => ({
    service: text(entry.service),
    name: text(entry.name) || text(entry.service),
    outcome: text(entry.outcome),
    old: textIn(entry.old, 'task-definition'),
    // What is said to be deployed is held to what was deployed, whatever the report says that serves.
    version: (TOOK_HOLD.has(text(entry.outcome)) && textIn(entry.new, 'version')) || textIn(entry.serving, 'version'),
  }));
  const complete = entries.length === value.length && entries.every(({ service, outcome }) => service && outcome);
  return complete ? entries : undefined;
};

/** Returns what to deploy so that each service runs what it ran before; services that did not change are left alone. */
export const planWayBack = (deployed: readonly Deployed[]): Return[] =>
  deployed
    .filter(({ outcome, old }) => TOOK_HOLD.has(outcome) && old !== '')
    .map(({ service, name, old }) => ({ service, name, 'rollback-to': old }));
