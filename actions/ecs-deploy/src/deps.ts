import type { Clock } from '@hospital-ops/action-kit/clock';
import type { Log } from '@hospital-ops/action-kit/log';
import type { AwsClock } from '@hospital-ops/aws/aws-clock';
import type { CloudWatch } from '@hospital-ops/aws/cloudwatch/ports';
import type { CodeDeploy } from '@hospital-ops/aws/codedeploy/ports';
import type { Images } from '@hospital-ops/aws/ecr/ports';
import type { Ecs } from '@hospital-ops/aws/ecs/ports';
import type { LoadBalancing } from '@hospital-ops/aws/elbv2/ports';
import type { Iam } from '@hospital-ops/aws/iam/ports';
import type { Logs } from '@hospital-ops/aws/logs/ports';
import type { SecretStore } from '@hospital-ops/aws/secrets-manager/ports';
import type { Parameters } from '@hospital-ops/aws/ssm/ports';

/** What deploying needs of the world. */
export interface Deps {
  readonly ecs: Ecs;
  readonly logs: Logs;
  readonly cloudWatch: CloudWatch;
  readonly loadBalancing: LoadBalancing;
  readonly codeDeploy: CodeDeploy;
  readonly iam: Iam;
  readonly images: Images;
  readonly secretStore: SecretStore;
  readonly parameters: Parameters;
  readonly clock: Clock;
  /** For whatever is compared with times that AWS says. */
  readonly awsClock: AwsClock;
  readonly log: Log;
  readonly signal: AbortSignal;
}
