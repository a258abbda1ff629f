import type { Kit } from '@hospital-ops/action-kit/run-action';
import { createHttpSender } from './client.ts';
import type { DeliveryPorts } from './deliver.ts';
import { createBudget } from './deliver.ts';

/** Returns what the transports deliver through, made of a run's own parts; a try again is told in the log. */
export const deliveryPorts = ({ env, log, clock, signal }: Kit): DeliveryPorts => ({
  send: createHttpSender(env),
  clock,
  signal,
  left: createBudget(clock),
  onRetry: (why, delayMs) => log.info(`${why}; the next try is in ${delayMs / 1000} s.`),
});
