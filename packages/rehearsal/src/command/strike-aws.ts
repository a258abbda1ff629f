import type { LocalAws } from '../aws/local-aws.ts';
import type { AwsFaultName } from './faults.ts';

const WATCH_MS = 25;

/** Sets the faults of AWS itself; the returned function ends them. */
export const strikeAws = (aws: LocalAws, faults: readonly AwsFaultName[]): (() => void) => {
  const timers: NodeJS.Timeout[] = [];
  if (faults.includes('throttle')) aws.faults.add({ service: 'ecs', kind: 'throttle' });
  if (faults.includes('aws-5xx')) aws.faults.add({ kind: '5xx', rate: 1 / 3 });
  if (faults.includes('token-expires')) {
    const timer = setInterval(() => {
      if (aws.calls('UpdateService', 'ecs') === 0) return;
      clearInterval(timer);
      aws.faults.add({ kind: 'expired-token' });
    }, WATCH_MS);
    timers.push(timer);
  }
  return () => {
    for (const timer of timers) clearInterval(timer);
    aws.faults.clear();
  };
};
