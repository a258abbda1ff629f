import { isMap } from '@hospital-ops/action-kit/is-map';

type Fields = Readonly<Record<string, unknown>>;

const nameOf = (entry: Fields): unknown => entry.name ?? entry.service;

/** What it means for the release how a service's deployment back ended. */
const OUTCOMES: Readonly<Record<string, string>> = {
  deployed: 'rolled-back',
  unchanged: 'rolled-back',
  // Nobody has seen its end: ECS may go on with it.
  unknown: 'unknown',
  cancelled: 'cancelled',
  superseded: 'superseded',
};

const merged = (entry: Fields, back: Fields): Fields => {
  const { reason, log, serving } = back;
  return {
    ...entry,
    outcome: OUTCOMES[String(back.outcome)] ?? 'rollback-failed',
    ...(serving !== undefined && { serving }),
    ...(typeof reason === 'string' && reason !== '' && { reason }),
    ...(Array.isArray(log) && log.length > 0 && { log }),
  };
};

/**
 * Returns what became of each service of a release: `services` as ecs-deploy told it, and for those that it took back
 * afterwards, in a deployment of its own, how that ended. Both are foreign; what is no list stays out of it. Pure.
 */
export const afterGoingBack = (services: unknown, wentBack: unknown): unknown => {
  if (!Array.isArray(wentBack) || !Array.isArray(services)) return services ?? wentBack;
  const backs = new Map(wentBack.filter(isMap).map((back) => [nameOf(back), back]));
  return services.map((entry: unknown) => {
    const back = isMap(entry) ? backs.get(nameOf(entry)) : undefined;
    return isMap(entry) && back !== undefined ? merged(entry, back) : entry;
  });
};
