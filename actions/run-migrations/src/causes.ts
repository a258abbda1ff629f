/** What keeps a task from starting and may pass by itself: the words of `retry-on`. */
export const CAUSES = ['capacity', 'pull', 'spot'] as const;

export type Cause = (typeof CAUSES)[number];

interface Start {
  readonly match: RegExp;
  readonly cause?: Cause;
  readonly next: string;
}

/**
 * What is known to go wrong before a container runs, by the words of ECS ("Stopped tasks error messages", "API failure
 * reasons"), and what helps. The first that matches counts.
 */
const STARTS: readonly Start[] = [
  {
    match: /CannotPull|ImageManifest|pull image|failed to resolve ref/i,
    cause: 'pull',
    next: 'check that the image exists and that the execution role and network reach the registry.',
  },
  {
    match: /ResourceInitializationError[\s\S]*(log|awslogs|CreateLogStream)/i,
    next: 'check that the log group exists and that the execution role may write to it.',
  },
  {
    match: /ResourceInitializationError|secrets|\bssm\b|parameter store/i,
    next: 'check the secrets of the definition, the rights of its execution role, and the way from its subnets to Secrets Manager and SSM.',
  },
  {
    match: /[Cc]apacity|RESOURCE:[A-Z]|InsufficientInstance|No Container Instances were found/,
    cause: 'capacity',
    next: 'there is no capacity at the moment; run the job again, choose other subnets or a capacity provider, or lower cpu and memory.',
  },
  {
    match: /^(\S+: )*AGENT\b/,
    next: 'the ECS agent of the host is not connected: look at the container instances of the cluster.',
  },
  {
    match: /CannotStartContainer|CannotCreateContainer|executable file not found|no such file/i,
    next: 'check the command and entry point: the image has no such program, or it may not be executed.',
  },
  {
    match: /network interface|\bENI\b|subnet|security group/i,
    next: 'check subnets and security groups: they must exist, lie in one VPC, and have free addresses.',
  },
  { match: /OutOfMemory/i, next: 'give the task more memory.' },
];

/** Returns the cause by which a start may be tried again, if any, and what to do; nothing has run. */
export const startCauseOf = (reason: string): { readonly cause: Cause | undefined; readonly next: string } => {
  const known = STARTS.find(({ match }) => match.test(reason));
  return {
    cause: known?.cause,
    next: known?.next ?? 'correct what the reason names and run the job again: nothing has run.',
  };
};

const MAY_HAVE_RUN =
  'look at the log and at the migration table before you run it again: the migration may have run in part.';

/** Why ECS ends a task that has not ended by itself (`stopCode`, API_Task), and what helps. */
const INTERRUPTIONS: Readonly<Record<string, string>> = {
  SpotInterruption:
    'Spot took the capacity back: run migrations on capacity that stays (`capacity-provider: FARGATE`).',
  UserInitiated: 'somebody or another job stopped the task: CloudTrail has the StopTask call.',
  TerminationNotice: 'the host was taken out of service: run it on another one.',
  ServiceSchedulerInitiated: 'the scheduler stopped the task.',
};

/** True when the task was told to stop: how its container ended says nothing of the migration then. */
export const isInterruption = (stopCode: string | undefined): boolean =>
  stopCode !== undefined && Object.hasOwn(INTERRUPTIONS, stopCode);

/** Returns what to do after a task that may have run, by its stop code. */
export const nextAfterStop = (stopCode: string | undefined): string => {
  const known = stopCode === undefined ? undefined : INTERRUPTIONS[stopCode];
  const sidecar =
    stopCode === 'EssentialContainerExited'
      ? 'another essential container ended first: give sidecars `essential: false`.'
      : undefined;
  const first = known ?? sidecar;
  return first === undefined ? MAY_HAVE_RUN : `${first} ${MAY_HAVE_RUN[0]?.toUpperCase()}${MAY_HAVE_RUN.slice(1)}`;
};

/** What codes of shells and kernels say (exit status, bash manual; 128 + signal). */
const EXIT_CODES: ReadonlyMap<number, string> = new Map([
  [126, 'the command may not be executed: check the file and its rights in the image.'],
  [127, 'the command was not found in the image: check `command` and the entry point.'],
  [137, `it was killed, mostly for want of memory or because it did not end when it was asked to. ${MAY_HAVE_RUN}`],
  [139, `the program crashed (segmentation fault): a native module may be built for another platform. ${MAY_HAVE_RUN}`],
  [143, `it was asked to end. ${MAY_HAVE_RUN}`],
]);

/** Returns what to do after an exit with this code. */
export const nextAfterExit = (exitCode: number, reason: string | undefined): string => {
  if (/OutOfMemory/i.test(reason ?? '')) return `give the container more memory. ${MAY_HAVE_RUN}`;
  return (
    EXIT_CODES.get(exitCode) ??
    'read the last log lines, correct the migration, and deploy again. No service was touched.'
  );
};

export { MAY_HAVE_RUN };
