import { AwsFault } from '../service.ts';
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from './client.ts';

const refuse = (message: string): never => {
  throw new AwsFault('ClientException', message);
};

const GIB = 1024;
const steps = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

/** Memory in MiB that Fargate offers for each number of CPU units ("Task CPU and memory", Fargate task definitions). */
const FARGATE_SIZES: Readonly<Record<string, readonly number[]>> = {
  256: [512, GIB, 2 * GIB],
  512: steps(GIB, 4 * GIB, GIB),
  1024: steps(2 * GIB, 8 * GIB, GIB),
  2048: steps(4 * GIB, 16 * GIB, GIB),
  4096: steps(8 * GIB, 30 * GIB, GIB),
  8192: steps(16 * GIB, 60 * GIB, 4 * GIB),
  16384: steps(32 * GIB, 120 * GIB, 8 * GIB),
};

const units = (text: string, word: RegExp, factor: number): string => {
  const match = new RegExp(`^([0-9.]+)\\s*${word.source}$`, 'i').exec(text);
  return match === null ? text : String(Number(match[1]) * factor);
};

const checkFargate = (request: RegisterTaskDefinitionRequest): void => {
  if (!request.requiresCompatibilities?.includes('FARGATE')) return;
  if (request.networkMode !== 'awsvpc') refuse("Fargate only supports network mode 'awsvpc'.");
  if (!request.cpu) refuse("Fargate requires that 'cpu' be defined at the task level.");
  if (!request.memory) refuse("Fargate requires that 'memory' be defined at the task level.");
  const cpu = units(request.cpu ?? '', /vcpu/, 1024);
  const memory = units(request.memory ?? '', /gb/, GIB);
  if (!FARGATE_SIZES[cpu]?.includes(Number(memory)))
    refuse(`No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
  const logs = request.containerDefinitions?.some(({ logConfiguration }) => logConfiguration?.logDriver === 'awslogs');
  if (logs && !request.executionRoleArn)
    refuse('Fargate requires task definition to have execution role ARN to support log driver awslogs.');
};

const twice = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index);

const checkContainer = (container: ContainerDefinition, request: RegisterTaskDefinitionRequest): void => {
  const { name, image } = container;
  if (!name) refuse('Container.name should not be null or empty.');
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name ?? '')) refuse(`Invalid container name: ${name}.`);
  if (!image) refuse('Container.image should not be null or empty.');
  if (!request.memory && !container.memory && !container.memoryReservation)
    refuse(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  const secrets = (container.secrets ?? []).map((secret) => secret.name ?? '');
  const clash = twice([...secrets, ...new Set((container.environment ?? []).map((variable) => variable.name ?? ''))]);
  if (clash !== undefined)
    refuse(
      `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${clash}'.`,
    );
  if (secrets.length > 0 && !request.executionRoleArn)
    refuse("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.");
  for (const { containerPort, hostPort } of container.portMappings ?? []) {
    if (request.networkMode === 'awsvpc' && hostPort !== undefined && hostPort !== containerPort)
      refuse('When networkMode=awsvpc, the host ports and container ports in port mappings must match.');
  }
};

/** Throws ClientException for a task definition that ECS refuses. The rules are those of API_RegisterTaskDefinition. */
export const checkTaskDefinition = (request: RegisterTaskDefinitionRequest): void => {
  const containers = request.containerDefinitions ?? [];
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(request.family ?? ''))
    refuse('Invalid family name. Up to 255 letters, numbers, hyphens and underscores are allowed.');
  if (containers.length === 0) refuse('Container list cannot be empty.');
  // "A task definition holds at most 10 containers" (Amazon ECS service quotas).
  if (containers.length > 10) refuse('Too many containers in the task definition; at most 10 are allowed.');
  checkFargate(request);
  for (const container of containers) checkContainer(container, request);
  const names = containers.map(({ name }) => name ?? '');
  const double = twice(names);
  if (double !== undefined) refuse(`Container names must be unique: '${double}'.`);
  if (containers.every(({ essential }) => essential === false))
    refuse('A task definition must have at least one essential container.');
  for (const { name, dependsOn } of containers)
    for (const { containerName } of dependsOn ?? [])
      if (!names.includes(containerName ?? ''))
        refuse(`Container '${name}' depends on '${containerName}', which is not in the task definition.`);
  if (request.tags?.length === 0) refuse('Tags can not be empty.');
};
