/** What ecs-deploy says of one service, as far as the way back needs it. */
export interface Deployed {
  readonly service: string;
  readonly name: string;
  readonly outcome: string;
  /** ARN of the revision that served before. */
  readonly old: string;
}

/** An entry of ecs-deploy's `services` that puts a whole revision back. */
export interface Return {
  readonly service: string;
  readonly name: string;
  readonly 'rollback-to': string;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Returns ecs-deploy's output `services`, or undefined when it is not that. */
export const parseDeployed = (value: unknown): Deployed[] | undefined => {
  if (!Array.isArray(value)) return undefined;
  const entries = value.filter(isMap).map((entry) => ({
    service: text(entry.service),
    name: text(entry.name) || text(entry.service),
    outcome: text(entry.outcome),
    old: isMap(entry.old) ? text(entry.old['task-definition']) : '',
  }));
  const complete = entries.length === value.length && entries.every(({ service, outcome }) => service && outcome);
  return complete ? entries : undefined;
};

/**
 * Outcomes after which the new revision serves, is about to or waits to; after every other one ecs-deploy took it back
 * itself.
 */
const TOOK_HOLD = new Set(['deployed', 'started', 'paused']);

/** Returns the names of the services whose new version answers by now: one that is paused has nothing to show yet. */
export const answering = (deployed: readonly Deployed[]): string[] =>
  deployed.filter(({ outcome }) => outcome !== 'paused').map(({ name }) => name);

/** Returns what to deploy so that each service runs what it ran before; services that did not change are left alone. */
export const planWayBack = (deployed: readonly Deployed[]): Return[] =>
  deployed
    .filter(({ outcome, old }) => TOOK_HOLD.has(outcome) && old !== '')
    .map(({ service, name, old }) => ({ service, name, 'rollback-to': old }));
