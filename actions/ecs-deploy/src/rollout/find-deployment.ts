import type { Clock } from '@hospital-ops/action-kit/clock';
import type { Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import type { Sight } from './observation.ts';
import type { Observer } from './observe.ts';

export interface Sought {
  readonly service: string;
  /** ARN of the task definition that it brings out. */
  readonly definition: string;
  /** The service deployment of the time before, so that the new one is told from it. */
  readonly before: string | undefined;
  /** ARN of the one that is sought, where it is known. */
  readonly known: string | undefined;
  /** When it was asked for, by AWS's clock: older ones are others'. */
  readonly since: number;
  /** A deployment in stages is worth a list, because nothing else tells of its end. */
  readonly native: boolean;
  /** False when ECS was asked for nothing that makes a deployment. */
  readonly expected: boolean;
}

export interface Found {
  readonly deployment: ServiceDeployment | undefined;
  readonly sight: Sight;
}

/** What a deployment that ECS has accepted may take to appear; its reads are eventually consistent. */
const APPEARS_MS = 30_000;
/** AWS's clock is known from its answers, not to the millisecond; and other services of AWS have others. */
const SKEW_MS = 60_000;

/** Returns a function that looks for our service deployment until it is found, and then looks at it. */
export const createFinder = (observer: Observer, clock: Clock, sought: Sought) => {
  /** When it was first looked for in vain: looks that fail do not count. */
  let start: number | undefined;
  let arn = sought.known;
  let last: ServiceDeployment | undefined;
  const refused = new Set<string>(sought.before === undefined ? [] : [sought.before]);

  const isOurs = async (candidate: string): Promise<boolean> => {
    if (refused.has(candidate)) return false;
    const found = await observer.deployment(candidate);
    if (found === undefined) return false;
    const target = await observer.target(found);
    if (target !== undefined && target !== sought.definition) refused.add(candidate);
    return target === sought.definition;
  };

  const seek = async (service: Service): Promise<string | undefined> => {
    const current = service.serviceDeployment;
    if (current !== undefined && (await isOurs(current))) return current;
    if (!sought.native) return undefined;
    const recent = (await observer.deployments(sought.service)).filter(
      ({ createdAt }) => createdAt >= sought.since - SKEW_MS,
    );
    for (const { arn: candidate } of recent) if (await isOurs(candidate)) return candidate;
    return undefined;
  };

  return async (service: Service): Promise<Found> => {
    if (!sought.expected) return { deployment: undefined, sight: 'none' };
    const inTime = start === undefined || clock.now() - start < APPEARS_MS;
    if (arn === undefined && (inTime || !sought.native)) {
      arn = await seek(service);
      start ??= clock.now();
    }
    if (arn !== undefined) last = (await observer.deployment(arn)) ?? last;
    if (!observer.mayReadDeployments()) return { deployment: undefined, sight: 'none' };
    if (last !== undefined) return { deployment: last, sight: 'known' };
    return { deployment: undefined, sight: inTime ? 'looking' : 'none' };
  };
};
