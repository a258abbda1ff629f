import { createHash } from 'node:crypto';
import { InputError } from '@hospital-ops/action-kit/errors';
import { differences } from '@hospital-ops/aws/ecs/compare';
import type { Ecs, JsonObject, Service, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { renderTaskDefinition } from '@hospital-ops/aws/ecs/render';
import {
  containersOf,
  describeContainers,
  mainContainer,
  objectsOf,
  registrationBody,
} from '@hospital-ops/aws/ecs/task-definition';
import { awsErrorKind } from '@hospital-ops/aws/errors';
import type { MigrationInputs } from './inputs.ts';
import type { Placement } from './placement.ts';
import { planPlacement } from './placement.ts';

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
  /** The task ends with it. */
  readonly isEssential: boolean;
  readonly family: string;
  readonly body: JsonObject;
  /** The definition as it exists, when nothing has to be registered. */
  readonly existing: TaskDefinition | undefined;
  readonly placement: Placement;
}

const serviceOf = async (inputs: MigrationInputs, ecs: Ecs): Promise<Service | undefined> => {
  if (inputs.service === undefined) return undefined;
  const { found } = await ecs.describeServices(inputs.cluster, [inputs.service]);
  const service = found.get(inputs.service) ?? [...found.values()].find(({ arn }) => arn === inputs.service);
  if (service?.status === 'ACTIVE') return service;
  throw new InputError([`\`service\`: no active service "${inputs.service}" is in cluster "${inputs.cluster}"`]);
};

/** Returns the family's latest revision, or undefined where there is none yet. */
const latestOf = async (ecs: Ecs, family: string): Promise<TaskDefinition | undefined> => {
  try {
    return await ecs.describeTaskDefinition(family);
  } catch (error) {
    // A family without any revision is a client error here.
    if (awsErrorKind(error) === 'final') return undefined;
    throw error;
  }
};

/** Returns the definition to begin with, and the registered one that may turn out to be the same. */
const baseOf = async ({ definition }: MigrationInputs, ecs: Ecs) => {
  if (definition.kind === 'file') {
    return { base: definition.body, found: await latestOf(ecs, String(definition.body.family)) };
  }
  const found = await ecs.describeTaskDefinition(definition.reference);
  return { base: registrationBody(found.body, found.tags), found };
};

const problemsOfVariables = (inputs: MigrationInputs, base: JsonObject, container: string): string[] => {
  const secrets = objectsOf(containersOf(base).find(({ name }) => name === container)?.body.secrets);
  return inputs.environment
    .filter(([name]) => secrets.some((secret) => secret.name === name))
    .map(([name]) => `\`environment-variables\`: ${name} is a secret of container "${container}"`);
};

/** Returns what will be run after every check that needs no change. Throws one InputError with all problems. */
export const prepare = async (inputs: MigrationInputs, ecs: Ecs): Promise<Prepared> => {
  const [service, { base, found }] = await Promise.all([serviceOf(inputs, ecs), baseOf(inputs, ecs)]);
  const containers = containersOf(base);
  const container = inputs.container ?? mainContainer(base);
  const own = containers.find(({ name }) => name === container);
  if (container === undefined || own === undefined) {
    const asked = container === undefined ? 'name the container that migrates' : `no container "${container}"`;
    throw new InputError([`\`container\`: ${asked}; the task definition has ${describeContainers(base) || 'none'}`]);
  }
  const images = new Map(inputs.image === undefined ? [] : [[container, inputs.image] as const]);
  const rendered = renderTaskDefinition(base, { images, variables: [] });
  const { placement, problems } = planPlacement(inputs, service, base.networkMode);
  const all = [...rendered.problems, ...problemsOfVariables(inputs, base, container), ...problems];
  if (all.length > 0) throw new InputError(all);
  // A revision that was deregistered can be read and not run.
  const isUsable = found !== undefined && !/INACTIVE|DELETE/.test(found.status);
  const isSame = isUsable && differences(found.body, rendered.body).length === 0;
  return {
    container,
    isEssential: own.essential || containers.length === 1,
    family: String(base.family),
    body: rendered.body,
    existing: isSame ? found : undefined,
    placement,
  };
};

/** Returns the token by which ECS knows a repeated request: 64 hex characters of run, attempt, step and content. */
export const clientTokenOf = ({ runId, attempt, step }: RunIdentity, content: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([runId, attempt, step, content]))
    .digest('hex');
