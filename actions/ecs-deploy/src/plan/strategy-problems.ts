import { formatDuration } from '@hospital-ops/action-kit/duration';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import type { Target } from '../inputs/target.ts';
import type { DeployInputs } from '../inputs.ts';
import type { ServiceChange } from './service-change.ts';
import { isNative, STRATEGY_OF_ECS } from './service-change.ts';

/** Returns why a service cannot be brought out as the inputs ask; empty when it can. */
export const serviceProblems = (
  { waitUntil, timeoutMs }: DeployInputs,
  target: Target,
  service: Service,
  change: ServiceChange,
): string[] => {
  const { strategy, hooks, continueHook, codeDeploy } = target.strategy;
  const { desiredCount } = target;
  const waitsForStage = waitUntil.kind === 'stage';
  const byCodeDeploy = service.controller === 'CODE_DEPLOY';
  const native = isNative(strategy === undefined ? service.strategy : STRATEGY_OF_ECS[strategy]);
  const problems: string[] = [];
  if (byCodeDeploy && strategy !== undefined) {
    problems.push(
      `\`strategy: ${strategy}\` does not go with CodeDeploy, whose deployment group says how traffic moves; leave it out`,
    );
  }
  if (!byCodeDeploy && (codeDeploy.application !== undefined || codeDeploy.group !== undefined)) {
    problems.push(
      'CodeDeploy does not control it; leave `codedeploy-application` and `codedeploy-deployment-group` out',
    );
  }
  if (strategy === 'weighted-canary' && isNative(service.strategy)) {
    problems.push(`\`weighted-canary\` needs rolling deployments, and ECS deploys it by ${service.strategy}`);
  }
  if ((byCodeDeploy || !native) && hooks !== undefined && hooks.length > 0) {
    problems.push('`lifecycle-hooks` are for blue-green, linear and canary deployments by ECS');
  }
  if ((byCodeDeploy || !native) && continueHook !== undefined) {
    problems.push('`continue-hook` is for blue-green, linear and canary deployments by ECS');
  }
  if ((byCodeDeploy || !native) && waitsForStage) {
    problems.push('`wait-until` a lifecycle stage is for blue-green, linear and canary deployments by ECS');
  }
  if (desiredCount !== undefined && service.scheduling === 'DAEMON') {
    problems.push('it runs one task per instance (DAEMON) and has no `desired-count`');
  }
  if (desiredCount !== undefined && byCodeDeploy) {
    problems.push('the task sets of CodeDeploy have their own scale; leave `desired-count` out');
  }
  if (waitUntil.kind === 'completed' && change.leastMs >= timeoutMs) {
    const [least, timeout] = [change.leastMs, timeoutMs].map((ms) => formatDuration(ms / 1000));
    problems.push(
      `its bake times sum up to ${least}, and \`timeout\` ends it after ${timeout}; give more time, or bake less`,
    );
  }
  return problems;
};
