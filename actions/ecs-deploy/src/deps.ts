import type { Clock } from '@hospital-ops/action-kit/clock';
import type { Log } from '@hospital-ops/action-kit/log';
import type { CloudWatch } from '@hospital-ops/aws/cloudwatch/ports';
import type { Ecs } from '@hospital-ops/aws/ecs/ports';
import type { LoadBalancing } from '@hospital-ops/aws/elbv2/ports';
import type { Logs } from '@hospital-ops/aws/logs/ports';

/** What deploying needs of the world. */
export interface Deps {
  readonly ecs: Ecs;
  readonly logs: Logs;
  readonly cloudWatch: CloudWatch;
  readonly loadBalancing: LoadBalancing;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}
