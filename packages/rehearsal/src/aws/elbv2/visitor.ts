import type { Timeline } from '../timeline.ts';
import type { Picked } from './pick-target.ts';
import type { Probe } from './probe.ts';
import type { Handled } from './traffic-metrics.ts';

/** Somebody who asks for the same page again and again, so that there is traffic to measure. */
export interface Visits {
  /** Of the listener rules. */
  readonly host: string;
  /** Default `/`. */
  readonly path?: string;
  readonly everyMs: number;
}

export interface VisitorOptions {
  readonly timeline: Timeline;
  readonly timeoutMs: number;
  readonly ask: Probe;
  pick(host: string, path: string): Picked;
  record(handled: Handled): void;
}

/** What a load balancer answers by itself ("Troubleshoot your Application Load Balancers"). */
const ownStatus = (picked: Picked): number => {
  if (picked.kind === 'fixed' || picked.kind === 'redirect') return picked.status;
  if (picked.kind === 'target') return 502;
  return picked.kind === 'no-healthy-target' ? 503 : 404;
};

const visit = async (options: VisitorOptions, host: string, path: string): Promise<void> => {
  const { timeline, timeoutMs, ask, pick, record } = options;
  const picked = pick(host, path);
  const before = timeline.now();
  const status =
    picked.kind === 'target'
      ? await ask({ ...picked.place, path, timeoutMs, headers: { host, 'user-agent': 'Mozilla/5.0' } }).catch(
          () => undefined,
        )
      : undefined;
  const seconds = (timeline.now() - before) / 1000;
  record({ picked, status: status ?? ownStatus(picked), byTarget: status !== undefined, seconds });
};

/** Sends visits from now on until the returned function is called; a slow answer does not hold up the next visit. */
export const startVisitor = (options: VisitorOptions, { host, path = '/', everyMs }: Visits): (() => void) => {
  let cancel = () => {};
  const next = () => {
    options.timeline.hold(visit(options, host, path));
    cancel = options.timeline.after(everyMs, next);
  };
  next();
  return () => cancel();
};
