import type { DeploymentCircuitBreaker } from './client.ts';

/** Bounds of a percentage threshold ("How the Amazon ECS deployment circuit breaker detects failures"). */
const MINIMUM = 3;
const MAXIMUM = 200;

/**
 * Returns how many failed tasks trip the circuit breaker of a service with `desired` tasks. BOUNDED_PERCENT, 50 by
 * default, is held between 3 and 200; UNBOUNDED_PERCENT is at least 1; COUNT is the number itself.
 * Source: @aws-sdk/client-ecs, ThresholdConfiguration.
 */
export const breakerThreshold = (breaker: DeploymentCircuitBreaker | undefined, desired: number): number => {
  const { type = 'BOUNDED_PERCENT', value = 50 } = breaker?.thresholdConfiguration ?? {};
  if (type === 'COUNT') return Math.max(1, value);
  const share = Math.ceil((desired * value) / 100);
  if (type === 'UNBOUNDED_PERCENT') return Math.max(1, share);
  return Math.min(MAXIMUM, Math.max(MINIMUM, share));
};
