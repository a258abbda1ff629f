import { createHash } from 'node:crypto';
import { InputError, OpsError } from '@hospital-ops/action-kit/errors';
import { differences } from '@hospital-ops/aws/ecs/compare';
import type { Ecs, JsonObject, RunTaskRequest, Service, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { renderTaskDefinition } from '@hospital-ops/aws/ecs/render';
import {
  containersOf,
  describeContainers,
  mainContainer,
  objectsOf,
  registrationBody,
  shortName,
} from '@hospital-ops/aws/ecs/task-definition';
import type { MigrationInputs } from './inputs.ts';

/** The step of a run of the workflow that asks: equal ones start one task. */
export interface RunIdentity {
  readonly runId: string;
  readonly attempt: string;
  /** Its job and its id in it. */
  readonly step: string;
}

/** What will be run, decided before anything is changed. */
export interface Prepared {
  readonly container: string;
  readonly body: JsonObject;
  /** The definition as it exists, when nothing has to be registered. */
  readonly existing: TaskDefinition | undefined;
  readonly placement: Pick<RunTaskRequest, 'network' | 'launchType' | 'platformVersion' | 'capacityProviders'>;
}

const placementOf = (inputs: MigrationInputs, service: Service | undefined): Prepared['placement'] => {
  const subnets = inputs.subnets.length > 0 ? inputs.subnets : (service?.network?.subnets ?? []);
  const groups = inputs.securityGroups.length > 0 ? inputs.securityGroups : (service?.network?.securityGroups ?? []);
  return {
    network:
      subnets.length === 0
        ? undefined
        : {
            subnets,
            securityGroups: groups,
            assignPublicIp: inputs.assignPublicIp ?? service?.network?.assignPublicIp ?? false,
          },
    launchType: inputs.launchType ?? service?.launchType,
    platformVersion: service?.platformVersion === '' ? undefined : service?.platformVersion,
    capacityProviders: inputs.launchType === undefined ? (service?.capacityProviders ?? []) : [],
  };
};

const serviceOf = async (inputs: MigrationInputs, ecs: Ecs): Promise<Service | undefined> => {
  if (inputs.service === undefined) return undefined;
  const { found } = await ecs.describeServices(inputs.cluster, [inputs.service]);
  const service = found.get(inputs.service);
  if (service?.status === 'ACTIVE') return service;
  throw new InputError([`\`service\`: no active service "${inputs.service}" is in cluster "${inputs.cluster}"`]);
};

/** Returns what will be run after every check that needs no change. Throws one InputError with all problems. */
export const prepare = async (inputs: MigrationInputs, ecs: Ecs): Promise<Prepared> => {
  const { definition } = inputs;
  const [service, found] = await Promise.all([
    serviceOf(inputs, ecs),
    definition.kind === 'reference' ? ecs.describeTaskDefinition(definition.reference) : undefined,
  ]);
  const base =
    definition.kind === 'file' ? registrationBody(definition.body) : registrationBody(found?.body ?? {}, found?.tags);
  const names = containersOf(base).map(({ name }) => name);
  const container = inputs.container ?? mainContainer(base);
  if (container === undefined || !names.includes(container)) {
    const asked = container === undefined ? 'name the container that migrates' : `no container "${container}"`;
    throw new InputError([`\`container\`: ${asked}; the task definition has ${describeContainers(base) || 'none'}`]);
  }
  const images = new Map(inputs.image === undefined ? [] : [[container, inputs.image] as const]);
  const rendered = renderTaskDefinition(base, { images, variables: [] });
  const problems = [...rendered.problems];
  const secrets = containersOf(base).find(({ name }) => name === container)?.body.secrets;
  for (const [name] of inputs.environment) {
    if (objectsOf(secrets).some((secret) => secret.name === name)) {
      problems.push(`\`environment-variables\`: ${name} is a secret of container "${container}"`);
    }
  }
  const placement = placementOf(inputs, service);
  if (base.networkMode === 'awsvpc' && placement.network === undefined) {
    problems.push('`subnets`: the task definition uses awsvpc and needs a network; give `subnets` or `service`');
  }
  if (problems.length > 0) throw new InputError(problems);
  const same = found !== undefined && differences(found.body, rendered.body).length === 0;
  return { container, body: rendered.body, existing: same ? found : undefined, placement };
};

/** Throws when a task of the family is running: two migrations at once can harm the database. */
export const refuseSecondRun = async (ecs: Ecs, cluster: string, family: string): Promise<void> => {
  const [running] = await ecs.listTasks(cluster, { family }, 'RUNNING');
  if (running === undefined) return;
  const since = running.startedAt === undefined ? '' : ` since ${new Date(running.startedAt).toISOString()}`;
  throw new OpsError({
    what: `a migration of family "${family}" is already running in cluster "${cluster}".`,
    why: `task ${shortName(running.arn)} (${shortName(running.taskDefinition)}) is ${running.lastStatus}${since}${running.startedBy === undefined ? '' : `, started by ${running.startedBy}`}`,
    next: 'wait until it has ended, or stop it if it hangs, and run this job again.',
    docs: 'README#already-running',
  });
};

/** Returns the token by which ECS knows a repeated request: 64 hex characters of run, attempt, step and content. */
export const clientTokenOf = ({ runId, attempt, step }: RunIdentity, content: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([runId, attempt, step, content]))
    .digest('hex');
