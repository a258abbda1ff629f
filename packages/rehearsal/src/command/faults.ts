import type { ContainerFault } from '../engine/faults.ts';
import { containerFaults } from '../engine/faults.ts';

/** What goes wrong with AWS itself. */
const AWS_FAULTS = {
  throttle: 'ECS throttles its first calls, and the others at the real rates of its token buckets, which start empty',
  'aws-5xx': 'every third call to AWS is answered 500',
  'token-expires': 'the AWS credentials expire while the deployment is being watched',
} as const;

/** What holds a release back before anything of it is deployed. */
const GUARD_FAULTS = {
  unproved: 'the environment before runs the version before, and never ran what is released',
  freeze: 'a freeze window of the pipeline file that is open now holds: no variable overrides it',
} as const;

/** What happens to the rollout of a service that has a strategy in the pipeline file. */
const ROLLOUT_FAULTS = {
  'alarm-fires': 'the gate alarms of its strategy fire once new tasks take traffic',
  'hook-pauses': 'a hook of ECS holds its deployment before production traffic moves, and nobody continues it',
} as const;

/** What happens to a step of the workflow. */
const STEP_FAULTS = {
  fails: 'this step, by its name or id or as JOB/STEP, fails in the place of what it does',
} as const;

export type RolloutFaultName = keyof typeof ROLLOUT_FAULTS;

export interface RolloutFault {
  readonly name: RolloutFaultName;
  /** The service's short name. */
  readonly target: string;
}

export type AwsFaultName = keyof typeof AWS_FAULTS;

export type GuardFaultName = keyof typeof GUARD_FAULTS;

export interface FaultPlan {
  readonly containers: readonly ContainerFault[];
  readonly rollouts: readonly RolloutFault[];
  readonly aws: readonly AwsFaultName[];
  readonly guards: readonly GuardFaultName[];
  /** Names of steps that fail. */
  readonly steps: readonly string[];
}

/** Every fault with what it does, in the order of `--list`. */
export const FAULTS: ReadonlyArray<readonly [usage: string, meaning: string]> = [
  ...Object.entries({ ...containerFaults, ...ROLLOUT_FAULTS }).map(
    ([name, meaning]) => [`SERVICE:${name}`, meaning] as const,
  ),
  ...Object.entries({ ...GUARD_FAULTS, ...AWS_FAULTS }),
  ...Object.entries(STEP_FAULTS).map(([name, meaning]) => [`STEP:${name}`, meaning] as const),
];

type ServiceFault = ContainerFault | RolloutFault;

interface StepFault {
  readonly name: keyof typeof STEP_FAULTS;
  /** The step's name or id, or `job/step`. */
  readonly target: string;
}

const isStep = (fault: ServiceFault | StepFault): fault is StepFault => Object.hasOwn(STEP_FAULTS, fault.name);

const isRollout = (fault: ServiceFault): fault is RolloutFault => Object.hasOwn(ROLLOUT_FAULTS, fault.name);

const isAws = (name: string): name is AwsFaultName => Object.hasOwn(AWS_FAULTS, name);

const isGuard = (name: string): name is GuardFaultName => Object.hasOwn(GUARD_FAULTS, name);

type Fault = ServiceFault | StepFault | AwsFaultName | GuardFaultName;

const parseFault = (value: string, services: readonly string[]): Fault => {
  const at = value.lastIndexOf(':');
  const service = at < 0 ? undefined : value.slice(0, at);
  const name = value.slice(at + 1);
  if (Object.hasOwn(STEP_FAULTS, name)) {
    if (service) return { name, target: service } as StepFault;
    throw new Error(`the fault "${name}" needs a step: --fault Test:${name}.`);
  }
  if (isAws(name) || isGuard(name)) {
    if (service === undefined) return name;
    throw new Error(`the fault "${name}" is of the whole release and takes no service: --fault ${name}.`);
  }
  if (!Object.hasOwn(containerFaults, name) && !Object.hasOwn(ROLLOUT_FAULTS, name)) {
    throw new Error(`there is no fault "${name}"; \`npm run rehearse -- --list\` names all.`);
  }
  if (service === undefined) {
    throw new Error(`the fault "${name}" needs a service: --fault ${services[0] ?? 'SERVICE'}:${name}.`);
  }
  if (services.includes(service)) return { name, target: service } as ServiceFault;
  throw new Error(`the fault "${value}" names no service of the pipeline file; there are ${services.join(', ')}.`);
};

/**
 * Returns the plan that `--fault` values ask for. Throws an Error that names what exists when a fault or service does
 * not, when a fault of a service lacks it, or one of the whole release has one.
 */
export const parseFaults = (values: readonly string[], services: readonly string[]): FaultPlan => {
  const faults = values.map((value) => parseFault(value, services));
  const aimed = faults.filter((fault) => typeof fault !== 'string');
  const own = aimed.filter((fault) => !isStep(fault));
  const whole = faults.filter((fault) => typeof fault === 'string');
  return {
    containers: own.filter((fault): fault is ContainerFault => !isRollout(fault)),
    rollouts: own.filter(isRollout),
    aws: whole.filter(isAws),
    guards: whole.filter(isGuard),
    steps: aimed.filter(isStep).map(({ target }) => target),
  };
};
