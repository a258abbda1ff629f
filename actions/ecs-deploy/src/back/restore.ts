import { asOpsError, tell } from '@hospital-ops/action-kit/errors';
import { updateOnce } from '@hospital-ops/aws/ecs/once';
import { isAccessLost } from '@hospital-ops/aws/errors';
import { isNative } from '../plan/service-change.ts';
import type { GoBackOptions } from './go-back.ts';
import type { Begun } from './start-back.ts';

/** Brings settings back that the release changed, or that the way back needed. Returns what went wrong, if so. */
export const restoreSettings = async (
  options: GoBackOptions,
  begun: Begun | undefined,
  underWay = false,
): Promise<string | undefined> => {
  const configuration = (begun?.kind === 'deployed' ? begun.restore : undefined) ?? options.restore.configuration;
  const { desiredCount } = options.restore;
  if (configuration === undefined && desiredCount === undefined) return undefined;
  const settings = JSON.stringify({ deploymentConfiguration: configuration, desiredCount });
  // A deployment in stages keeps the configuration it began with (API_ServiceDeployment), but not the way to deploy.
  const isKept = configuration === undefined || isNative(String(configuration.strategy ?? 'ROLLING'));
  if (underWay && options.native && !isKept)
    return `the settings of the service are still to be brought back when it has ended: ${settings}`;
  try {
    const asBefore = { taskDefinition: undefined, deploymentConfiguration: configuration, desiredCount };
    const { cluster, service } = options;
    await updateOnce(options, { cluster, service, forceNewDeployment: false, ...asBefore }, undefined);
    options.log.info(`${options.name}: its settings are what they were`);
    return undefined;
  } catch (error) {
    const why = isAccessLost(error) ? tell(error) : asOpsError(error).what;
    const so = underWay ? '' : 'the old revision serves, but ';
    return `${so}the settings of the service could not be brought back (${why}): ${settings}`;
  }
};
