import { createHash } from 'node:crypto';
import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import { lookPatiently, sendOnce } from '../ecs/once.ts';
import { isOver } from '../pacer.ts';
import type { CodeDeploy, CreateDeployment } from './ports.ts';

/** The clocks of the runner and of CodeDeploy may differ by so much. */
const SKEW_MS = 60_000;
/** An outage of a minute is ridden out. */
const FIRST_LOOK_MS = 90_000;

/**
 * Creates a deployment once and returns its id: after a lost response the group's newest deployment of the same AppSpec
 * that was not there before is the effect. Throws AwsError, and EffectUnknownError when the effect could not be seen.
 */
export const createDeploymentOnce = async (
  { codeDeploy, clock }: { readonly codeDeploy: CodeDeploy; readonly clock: Clock },
  request: Omit<CreateDeployment, 'sha'>,
  signal?: AbortSignal,
): Promise<string> => {
  const sha = createHash('sha256').update(request.content).digest('hex');
  const since = clock.now() - SKEW_MS;
  const recent = () => codeDeploy.deployments(request.application, request.group, since, []);
  const known = new Set(
    (await lookPatiently(clock, 'the deployments of the group', recent, FIRST_LOOK_MS)).map(({ id }) => id),
  );
  if (isOver(clock, signal)) throw new CancelledError();
  return sendOnce(
    clock,
    'the creation of the deployment',
    () => codeDeploy.createDeployment({ ...request, sha }, signal),
    async () => (await recent()).find((each) => each.sha === sha && !known.has(each.id))?.id,
    signal,
  );
};
