import { asOpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import type { LoadBalancing, TargetHealth } from '@hospital-ops/aws/elbv2/ports';

const MAX_GROUPS = 5;
const MAX_REASONS = 3;
const REASON_LENGTH = 300;

/** States in which a target takes no traffic that it should take (API_TargetHealth). */
const BAD: ReadonlySet<string> = new Set(['unhealthy', 'unhealthy.draining', 'unavailable', 'unused']);

/** `api` of `arn:…:targetgroup/api/0123456789abcdef` */
const nameOf = (targetGroup: string): string => targetGroup.split('/')[1] ?? targetGroup;

/** Returns in one line why targets of a group are not healthy; empty when none says so. */
export const describeHealth = (targetGroup: string, targets: readonly TargetHealth[]): string => {
  const bad = targets.filter(({ state }) => BAD.has(state));
  if (bad.length === 0) return '';
  const reasons = new Set(
    bad.map(({ state, reason, description }) => [reason ?? state, description].filter(Boolean).join(': ')),
  );
  const told = [...reasons].slice(0, MAX_REASONS).join(', ');
  const line = `${bad.length} of ${targets.length} targets of target group "${nameOf(targetGroup)}" are not healthy (${told})`;
  return neutralizeToLine(line, REASON_LENGTH);
};

/** Returns why the load balancers of a service hold its tasks for unhealthy, one line per target group that does. */
export const readHealth = async (loadBalancing: LoadBalancing, service: Service): Promise<string[]> => {
  const groups = [...new Set(service.loadBalancers.flatMap(({ targetGroup }) => targetGroup ?? []))];
  const lines = await Promise.all(
    groups.slice(0, MAX_GROUPS).map((group) =>
      loadBalancing.targetHealth(group).then(
        (targets) => describeHealth(group, targets),
        (error: unknown) => neutralizeToLine(asOpsError(error).what, REASON_LENGTH),
      ),
    ),
  );
  return [...new Set(lines)].filter((line) => line !== '');
};
