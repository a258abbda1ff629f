/** What a container does wrong. Each plays on tasks of the version that is being released, never on what ran before. */
const CONTAINER_FAULTS = {
  'crash-loop': 'the container ends with exit code 1 soon after its start',
  unhealthy: 'the health check never passes',
  'slow-start': 'the container answers only after a while',
  oom: 'the container is killed for want of memory (exit code 137)',
  'image-missing': 'the image cannot be pulled',
  '5xx-after-deploy': 'the health check passes, every other request is answered 500',
} as const;

/** What goes wrong with the migration task. */
const MIGRATION_FAULTS = {
  'migration-fails': 'the migration prints an SQL error and ends with exit code 1',
  'migration-hangs': 'the migration never ends',
} as const;

/** What goes wrong with AWS itself. */
const AWS_FAULTS = {
  throttle: 'ECS answers ThrottlingException at the real rates of its token buckets, from a nearly empty bucket',
  'aws-5xx': 'every third call to AWS is answered 500',
  'token-expires': 'the AWS credentials expire while the deployment is being watched',
} as const;

export type ContainerFault = keyof typeof CONTAINER_FAULTS | keyof typeof MIGRATION_FAULTS;
export type AwsFaultName = keyof typeof AWS_FAULTS;

export interface FaultPlan {
  /** By the service's name in the pipeline file. */
  readonly containers: ReadonlyArray<{ readonly service: string; readonly fault: ContainerFault }>;
  readonly aws: readonly AwsFaultName[];
}

/** Every fault with what it does, in the order of `--list`. */
export const FAULTS: ReadonlyArray<readonly [usage: string, meaning: string]> = [
  ...Object.entries(CONTAINER_FAULTS).map(([name, meaning]) => [`SERVICE:${name}`, meaning] as const),
  ...Object.entries(MIGRATION_FAULTS).map(([name, meaning]) => [`SERVICE:${name}`, meaning] as const),
  ...Object.entries(AWS_FAULTS).map(([name, meaning]) => [name, meaning] as const),
];

/**
 * Returns the plan that `--fault` values ask for. Throws an Error that names what exists when a fault or service does
 * not, when a container fault lacks its service, or an AWS fault has one.
 */
export const parseFaults = (values: readonly string[], services: readonly string[]): FaultPlan => {
  const containers: Array<{ service: string; fault: ContainerFault }> = [];
  const aws: AwsFaultName[] = [];
  for (const value of values) {
    const at = value.lastIndexOf(':');
    const service = at < 0 ? undefined : value.slice(0, at);
    const name = value.slice(at + 1);
    if (Object.hasOwn(AWS_FAULTS, name)) {
      if (service !== undefined)
        throw new Error(`the fault "${name}" is AWS's own and takes no service: --fault ${name}.`);
      aws.push(name as AwsFaultName);
    } else if (Object.hasOwn(CONTAINER_FAULTS, name) || Object.hasOwn(MIGRATION_FAULTS, name)) {
      if (service === undefined) {
        throw new Error(`the fault "${name}" needs a service: --fault ${services[0] ?? 'SERVICE'}:${name}.`);
      }
      if (!services.includes(service)) {
        throw new Error(
          `the fault "${value}" names no service of the pipeline file; there are ${services.join(', ')}.`,
        );
      }
      containers.push({ service, fault: name as ContainerFault });
    } else {
      throw new Error(`there is no fault "${name}"; \`npm run rehearse -- --list\` names all.`);
    }
  }
  return { containers, aws };
};
