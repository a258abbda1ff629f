import type { ResolvedEnvironment, ResolvedService, Strategy } from '@hospital-ops/pipeline/model';

/** Whether ECS itself carries a strategy out in stages, for which a service needs two target groups. */
export const isStaged = (type: Strategy['type']): boolean => ['blue-green', 'linear', 'canary'].includes(type);

/** Names of the ECS services that make up one service: its own, and the one that takes the canary's share. */
export const ecsServicesOf = ({ service, strategy }: ResolvedService): string[] =>
  strategy?.type === 'weighted-canary' && strategy.canaryService !== undefined
    ? [service, strategy.canaryService]
    : [service];

/** The service of an environment that an ECS service belongs to. */
export const ownerOf = (
  environments: readonly ResolvedEnvironment[],
  ecsService: string,
): ResolvedService | undefined =>
  environments.flatMap((each) => [...each.services.values()]).find((each) => ecsServicesOf(each).includes(ecsService));
