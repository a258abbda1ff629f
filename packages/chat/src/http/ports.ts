import type { Kit } from '@hospital-ops/action-kit/run-action';
import type { ChatStatus } from '../status.ts';
import type { DeliveryPorts } from './deliver.ts';
import { BUDGET_MS, createBudget, STAGE_BUDGET_MS } from './deliver.ts';
import type { HttpRequest, SendHttp } from './port.ts';

/** Node's HTTP and TLS take as long to load as all of an action; a run whose inputs are wrong sends nothing. */
const lazySender = (env: Kit['env']): SendHttp => {
  let loading: Promise<SendHttp> | undefined;
  return async (request: HttpRequest) => {
    loading ??= import('./client.ts').then(({ createHttpSender }) => createHttpSender(env));
    return (await loading)(request);
  };
};

/** Returns the milliseconds that a message, or what stands in it, is waited for. While a release is `in-progress` it waits for its message. */
export const patienceFor = (status: ChatStatus): number => (status === 'in-progress' ? STAGE_BUDGET_MS : BUDGET_MS);

/**
 * Returns what the transports deliver through, made of a run's own parts; a try again is told in the log.
 */
export const deliveryPorts = (
  { env, log, clock, signal }: Pick<Kit, 'env' | 'log' | 'clock' | 'signal'>,
  status: ChatStatus,
): DeliveryPorts => ({
  send: lazySender(env),
  clock,
  signal,
  left: createBudget(clock, patienceFor(status)),
  onRetry: (why, delayMs) => log.info(`${why}; the next try is in ${delayMs / 1000} s.`),
});
