import type { LocalAws } from '../aws/local-aws.ts';
import type { RequestRecord } from '../aws/request-log.ts';
import type { AwsFaultName } from './faults.ts';

const WATCH_MS = 25;

export interface AwsStrikes {
  /** Faults that no call has met. */
  unplayed(): readonly AwsFaultName[];
  stop(): void;
}

/** How the answers of each fault are known among all others. */
const ANSWERS: Readonly<Record<AwsFaultName, (request: RequestRecord) => boolean>> = {
  throttle: ({ error }) => error === 'ThrottlingException',
  'aws-5xx': ({ status = 0 }) => status >= 500,
  'token-expires': ({ error }) => /^ExpiredToken/.test(error ?? ''),
};

/** Sets the faults of AWS itself. */
export const strikeAws = (aws: LocalAws, faults: readonly AwsFaultName[]): AwsStrikes => {
  const since = Date.now();
  const timers: NodeJS.Timeout[] = [];
  if (faults.includes('throttle')) {
    aws.faults.add({ service: 'ecs', kind: 'throttle' });
    // A small release makes fewer calls than the buckets refill; these it meets all the same.
    aws.faults.add({ service: 'ecs', kind: 'throttle', times: 2 });
  }
  if (faults.includes('aws-5xx')) aws.faults.add({ kind: '5xx', rate: 1 / 3 });
  if (faults.includes('token-expires')) {
    const timer = setInterval(() => {
      if (aws.calls('UpdateService', 'ecs') === 0) return;
      clearInterval(timer);
      aws.faults.add({ kind: 'expired-token' });
    }, WATCH_MS);
    timers.push(timer);
  }
  return {
    unplayed: () => {
      const requests = aws.requests().filter(({ at }) => at >= since);
      return faults.filter((fault) => !requests.some(ANSWERS[fault]));
    },
    stop: () => {
      for (const timer of timers) clearInterval(timer);
      aws.faults.clear();
    },
  };
};
