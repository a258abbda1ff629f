import type { Service } from '@hospital-ops/aws/ecs/ports';
import { isSteady, primaryOf } from '@hospital-ops/aws/ecs/service';
import type { Observation } from './observation.ts';
import { NO_LOOKS } from './observation.ts';

/** Returns a function that counts how many looks in a row found what a single look does not prove. */
export const createLooks = (wanted: string, isOurs: (service: Service) => boolean = () => true) => {
  let looks = NO_LOOKS;
  let seen = false;
  return (service: Service | undefined): Observation['looks'] => {
    if (service === undefined) {
      looks = { ...looks, missing: looks.missing + 1 };
      return looks;
    }
    const primary = primaryOf(service);
    const steady = primary?.taskDefinition === wanted && isOurs(service) && isSteady(service, primary);
    const failed = service.deployments.some(
      ({ taskDefinition, rolloutState }) => taskDefinition === wanted && rolloutState === 'FAILED',
    );
    seen ||= service.deployments.some(({ taskDefinition }) => taskDefinition === wanted);
    looks = {
      short: 0,
      unseen: seen ? 0 : looks.unseen + 1,
      steady: steady ? looks.steady + 1 : 0,
      failed: failed ? looks.failed + 1 : 0,
      missing: 0,
      other: primary !== undefined && primary.taskDefinition !== wanted ? looks.other + 1 : 0,
    };
    return looks;
  };
};
