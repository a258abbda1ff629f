import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { QUICK } from '../../packages/rehearsal/src/aws/timings.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import { startBundleAws } from '../support/bundle-aws.ts';

/** Writes the process's peak memory on its way out. maxRSS is in kilobytes (Node.js documentation). */
const RSS_HOOK = `data:text/javascript,${encodeURIComponent(
  "import { writeFileSync } from 'node:fs'; process.on('exit', () => writeFileSync(process.env.RSS_FILE, String(process.resourceUsage().maxRSS * 1024)));",
)}`;

export interface Many {
  readonly services: number;
  readonly outcome: string;
  readonly reason: string;
  readonly wallMs: number;
  /** Peak resident set of the bundle, bytes. */
  readonly rss: number;
  /** By operation: calls, and how many of them were throttled. */
  readonly calls: ReadonlyMap<string, { readonly sent: number; readonly throttled: number }>;
  /** Bytes of the output `services`, of the summary and of the log. */
  readonly bytes: { readonly services: number; readonly summary: number; readonly log: number };
}

/** Releases `count` services, each with a definition of its own, by the built bundle in real time and at AWS's rates. */
export const releaseMany = async (count: number): Promise<Many> => {
  const names = Array.from({ length: count }, (_, i) => `svc${i}`);
  const world = await startBundleAws({}, names, {
    throttling: true,
    timings: QUICK,
    createService: { desiredCount: 1 },
  });
  const job = createJob();
  const file = join(job.folder, 'rss');
  try {
    const ran = await runBundle('ecs-deploy', job, {
      inputs: {
        cluster: 'c',
        services: JSON.stringify(names.map((service) => ({ service, image: 'v2' }))),
        'max-parallel': String(count),
      },
      env: { ...world.env, NODE_OPTIONS: `--import ${RSS_HOOK}`, RSS_FILE: file },
    });
    const calls = new Map<string, { sent: number; throttled: number }>();
    for (const { service, operation, error } of world.aws.requests()) {
      const key = `${service}:${operation}`;
      const sum = calls.get(key) ?? { sent: 0, throttled: 0 };
      calls.set(key, { sent: sum.sent + 1, throttled: sum.throttled + (error === 'ThrottlingException' ? 1 : 0) });
    }
    return {
      services: count,
      outcome: ran.outputs.outcome ?? '',
      reason: ran.outputs.reason ?? '',
      wallMs: ran.ms,
      rss: existsSync(file) ? Number(readFileSync(file, 'utf8')) : Number.NaN,
      calls: new Map([...calls].sort(([, a], [, b]) => b.sent - a.sent)),
      bytes: {
        services: Buffer.byteLength(ran.outputs.services ?? ''),
        summary: Buffer.byteLength(ran.summary),
        log: Buffer.byteLength(ran.log),
      },
    };
  } finally {
    await world.close();
    job.remove();
  }
};

/** Seconds that the slowest bucket takes for `count` registrations: 20 at once, then one per second. */
export const slowestBucket = (count: number): number => Math.max(0, count - 20);
