/** Burst and refill per second of the ECS API, per account and region ("Request throttling for the Amazon ECS API"). */
const ECS_RATES: ReadonlyArray<{
  readonly operations: readonly string[];
  readonly burst: number;
  readonly perSecond: number;
}> = [
  { operations: ['DescribeServices', 'ListServices'], burst: 100, perSecond: 20 },
  { operations: ['DescribeServiceDeployments', 'ListServiceDeployments'], burst: 50, perSecond: 20 },
  { operations: ['DescribeServiceRevisions'], burst: 50, perSecond: 20 },
  { operations: ['DescribeTasks', 'ListTasks'], burst: 100, perSecond: 20 },
  { operations: ['RunTask', 'StopTask'], burst: 100, perSecond: 40 },
  { operations: ['UpdateService', 'CreateService', 'DeleteService'], burst: 50, perSecond: 5 },
  { operations: ['RegisterTaskDefinition', 'DeregisterTaskDefinition'], burst: 20, perSecond: 1 },
  { operations: ['DescribeTaskDefinition'], burst: 50, perSecond: 20 },
];

/** Requests per second of "CloudWatch service quotas"; no burst is published beyond them. */
const CLOUDWATCH_RATES: Readonly<Record<string, number>> = { DescribeAlarms: 9, GetMetricData: 500 };

interface Bucket {
  tokens: number;
  at: number;
  readonly burst: number;
  readonly perSecond: number;
}

/** The token buckets of one account and region. Operations without a published rate are never throttled. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();

  constructor(now: number) {
    for (const { operations, burst, perSecond } of ECS_RATES) {
      const bucket: Bucket = { tokens: burst, at: now, burst, perSecond };
      for (const operation of operations) this.#buckets.set(`ecs:${operation}`, bucket);
    }
    for (const [operation, perSecond] of Object.entries(CLOUDWATCH_RATES))
      this.#buckets.set(`cloudwatch:${operation}`, { tokens: perSecond, at: now, burst: perSecond, perSecond });
  }

  /** Takes one token; false when there is none. */
  take(service: string, operation: string, now: number): boolean {
    const bucket = this.#buckets.get(`${service}:${operation}`);
    if (bucket === undefined) return true;
    bucket.tokens = Math.min(bucket.burst, bucket.tokens + ((now - bucket.at) / 1000) * bucket.perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Empties the buckets whose operations `matches`, as others of the account do by their own calls. */
  drain(matches: (service: string, operation: string) => boolean, now: number): void {
    for (const [key, bucket] of this.#buckets) {
      const [service = '', operation = ''] = key.split(':');
      if (!matches(service, operation)) continue;
      bucket.tokens = 0;
      bucket.at = now;
    }
  }
}
