import type { RunTaskRequest, Service } from '@hospital-ops/aws/ecs/ports';
import type { MigrationInputs } from './inputs.ts';

/** Where a task runs. */
export type Placement = Pick<RunTaskRequest, 'network' | 'launchType' | 'platformVersion' | 'capacityProviders'>;

type Asked = Pick<MigrationInputs, 'subnets' | 'securityGroups' | 'assignPublicIp' | 'launchType' | 'capacityProvider'>;

const isFargate = ({ launchType, capacityProviders }: Pick<Placement, 'launchType' | 'capacityProviders'>): boolean =>
  capacityProviders.length > 0
    ? capacityProviders.every(({ capacityProvider }) => /^FARGATE(_SPOT)?$/.test(capacityProvider))
    : launchType === undefined || launchType === 'FARGATE';

const capacityOf = (asked: Asked, service: Service | undefined): Omit<Placement, 'network'> => {
  const { launchType, capacityProvider } = asked;
  const given = launchType !== undefined || capacityProvider !== undefined;
  const capacityProviders =
    capacityProvider === undefined
      ? given
        ? []
        : (service?.capacityProviders ?? [])
      : [{ capacityProvider, weight: 1, base: 0 }];
  const where = { launchType: given ? launchType : service?.launchType, capacityProviders };
  // A platform version belongs to Fargate alone (API_RunTask); the service's is none for other capacity.
  const platformVersion = isFargate(where) && service?.platformVersion !== '' ? service?.platformVersion : undefined;
  return { ...where, platformVersion };
};

/**
 * Returns where the task runs: as the service does, but for what is asked otherwise. `mode` is the definition's network
 * mode: only awsvpc takes subnets (API_RunTask).
 */
export const planPlacement = (
  asked: Asked,
  service: Service | undefined,
  mode: unknown,
): { readonly placement: Placement; readonly problems: readonly string[] } => {
  const capacity = capacityOf(asked, service);
  if (mode !== 'awsvpc') {
    const how = mode === undefined ? 'has no network mode' : `has the network mode ${String(mode)}`;
    const isAsked = asked.subnets.length > 0 || asked.securityGroups.length > 0;
    const problems = isAsked
      ? [`\`subnets\`: the task definition ${how}; only awsvpc takes subnets and security groups`]
      : [];
    return { placement: { ...capacity, network: undefined }, problems };
  }
  const subnets = asked.subnets.length > 0 ? asked.subnets : (service?.network?.subnets ?? []);
  if (subnets.length === 0) {
    const problem = '`subnets`: the task definition uses awsvpc and needs a network; give `subnets` or `service`';
    return { placement: { ...capacity, network: undefined }, problems: [problem] };
  }
  const securityGroups =
    asked.securityGroups.length > 0 ? asked.securityGroups : (service?.network?.securityGroups ?? []);
  const assignPublicIp = asked.assignPublicIp ?? service?.network?.assignPublicIp ?? false;
  return { placement: { ...capacity, network: { subnets, securityGroups, assignPublicIp } }, problems: [] };
};

/** Returns in words where a task runs. */
export const describePlacement = ({ network, launchType, platformVersion, capacityProviders }: Placement): string =>
  [
    capacityProviders.length > 0
      ? capacityProviders.map(({ capacityProvider }) => capacityProvider).join(' or ')
      : (launchType ?? "the cluster's default capacity"),
    platformVersion === undefined ? undefined : `platform version ${platformVersion}`,
    network === undefined ? undefined : `subnets ${network.subnets.join(', ')}`,
    network === undefined ? undefined : `security groups ${network.securityGroups.join(', ') || "the VPC's default"}`,
    network?.assignPublicIp === true ? 'a public address' : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
