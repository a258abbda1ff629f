import { AwsFault } from '../service.ts';
import type { DeploymentConfiguration } from './client.ts';
import type { ServiceConfig } from './state.ts';
import { managesTraffic } from './traffic.ts';

/** Limits: API_LinearConfiguration, API_CanaryConfiguration, API_DeploymentConfiguration. Messages have no source. */
const refuse = (message: string): never => {
  throw new AwsFault('InvalidParameterException', message);
};

const within = (name: string, value: number | undefined, min: number, max: number, step: number): void => {
  if (value === undefined) return;
  const steps = value / step;
  if (!(value >= min && value <= max) || Math.abs(steps - Math.round(steps)) > 1e-6)
    refuse(`${name} must be a multiple of ${step} between ${min} and ${max}, it is ${value}.`);
};

const checkPercents = (
  { minimumHealthyPercent: minimum, maximumPercent: maximum, strategy }: DeploymentConfiguration,
  daemon: boolean,
): void => {
  const low = minimum ?? (daemon ? 0 : 100);
  const high = maximum ?? (daemon ? 100 : 200);
  if ((strategy ?? 'ROLLING') !== 'ROLLING') return;
  if (low >= 100 && high <= 100)
    refuse('Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.');
  if (high < low) refuse('maximumPercent must not be below minimumHealthyPercent.');
};

const checkBreaker = ({ deploymentCircuitBreaker }: DeploymentConfiguration): void => {
  const { type = 'BOUNDED_PERCENT', value } = deploymentCircuitBreaker?.thresholdConfiguration ?? {};
  if (type === 'COUNT') within('thresholdConfiguration.value', value, 1, Number.MAX_SAFE_INTEGER, 1);
  else within('thresholdConfiguration.value', value, 1, 100, 1);
};

/** API_DeploymentEarlySuccessCriteria. */
const checkEarlySuccess = (
  { earlySuccessCriteria, minimumHealthyPercent = 100 }: DeploymentConfiguration,
  native: boolean,
): void => {
  if (earlySuccessCriteria?.enable !== true) return;
  const { healthyPercent, sourceServiceRevisionCleanup } = earlySuccessCriteria;
  if (native) refuse('earlySuccessCriteria is only supported with the ROLLING deployment strategy.');
  if (healthyPercent === undefined || sourceServiceRevisionCleanup === undefined)
    refuse('earlySuccessCriteria requires healthyPercent and sourceServiceRevisionCleanup.');
  within('earlySuccessCriteria.healthyPercent', healthyPercent, 0, 100, 1);
  if ((healthyPercent ?? 0) < minimumHealthyPercent)
    refuse('earlySuccessCriteria.healthyPercent must not be below minimumHealthyPercent.');
};

/** Throws for a deployment configuration that ECS refuses with the rest of the service. */
export const checkStrategy = (config: ServiceConfig): void => {
  const configuration = config.deploymentConfiguration ?? {};
  const { strategy = 'ROLLING', linearConfiguration, canaryConfiguration, alarms } = configuration;
  checkPercents(configuration, config.schedulingStrategy === 'DAEMON');
  checkBreaker(configuration);
  checkEarlySuccess(configuration, strategy !== 'ROLLING');
  within('bakeTimeInMinutes', configuration.bakeTimeInMinutes, 0, 1440, 1);
  if (strategy === 'BLUE_GREEN' && configuration.bakeTimeInMinutes === undefined)
    refuse('bakeTimeInMinutes is required for the BLUE_GREEN deployment strategy.');
  if (linearConfiguration !== undefined && strategy !== 'LINEAR')
    refuse('linearConfiguration is only valid with the LINEAR deployment strategy.');
  if (canaryConfiguration !== undefined && strategy !== 'CANARY')
    refuse('canaryConfiguration is only valid with the CANARY deployment strategy.');
  within('linearConfiguration.stepPercent', linearConfiguration?.stepPercent, 3, 100, 0.1);
  within('linearConfiguration.stepBakeTimeInMinutes', linearConfiguration?.stepBakeTimeInMinutes, 0, 1440, 1);
  within('canaryConfiguration.canaryPercent', canaryConfiguration?.canaryPercent, 0.1, 100, 0.1);
  within('canaryConfiguration.canaryBakeTimeInMinutes', canaryConfiguration?.canaryBakeTimeInMinutes, 0, 1440, 1);
  if (alarms?.enable === true && alarms.alarmNames?.length === 0) refuse('alarmNames must not be empty.');
  if (strategy !== 'ROLLING' && config.schedulingStrategy === 'DAEMON')
    refuse(`The DAEMON scheduling strategy is not supported with the ${strategy} deployment strategy.`);
  // "To use a linear deployment …, your service must use Elastic Load Balancing or Service Connect"; blue/green goes
  // without, then nothing shifts traffic ("Required resources for Amazon ECS … deployments").
  if ((strategy === 'LINEAR' || strategy === 'CANARY') && !managesTraffic(config))
    refuse(`The ${strategy} deployment strategy requires a load balancer or Service Connect.`);
};

const NO_PAUSE: readonly string[] = ['TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT'];

/** Throws for hooks that ECS refuses (API_DeploymentLifecycleHook). */
export const checkHooks = (configuration: DeploymentConfiguration | undefined): void => {
  // A rolling update takes them (aws/containers-roadmap#2664) and has none of their stages; here they never run.
  const { lifecycleHooks = [] } = configuration ?? {};
  for (const {
    targetType = 'AWS_LAMBDA',
    hookTargetArn,
    roleArn,
    lifecycleStages = [],
    timeoutConfiguration,
  } of lifecycleHooks) {
    if (lifecycleStages.length === 0) refuse('lifecycleStages is required for a lifecycle hook.');
    if (targetType === 'AWS_LAMBDA' && (hookTargetArn === undefined || roleArn === undefined))
      refuse('hookTargetArn and roleArn are required for AWS_LAMBDA lifecycle hooks.');
    if (targetType === 'PAUSE' && hookTargetArn !== undefined)
      refuse('hookTargetArn is not applicable for PAUSE lifecycle hooks.');
    const wrong = targetType === 'PAUSE' && lifecycleStages.find((stage) => NO_PAUSE.includes(stage));
    if (wrong) refuse(`PAUSE hooks cannot be configured at the ${wrong} stage.`);
    // That more than 14 days are refused has no source but users' reports of "up to 14 days".
    within('timeoutConfiguration.timeoutInMinutes', timeoutConfiguration?.timeoutInMinutes, 1, 20_160, 1);
  }
};
