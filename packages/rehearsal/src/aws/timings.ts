/**
 * How long the steps of ECS and ELB take here, in milliseconds. Real ones are tens of seconds (Fargate tasks take 20-60 s
 * to start, targets are checked every 30 s and drain for 300 s); the defaults make an update of three tasks end in 2-3 s.
 */
export interface Timings {
  /** PROVISIONING: the network interface of an awsvpc task. */
  readonly provisioningMs: number;
  /** At least so long in PENDING; the engine's own start comes on top when it takes longer. */
  readonly pendingMs: number;
  /** At least so long in STOPPING. */
  readonly stoppingMs: number;
  readonly deprovisioningMs: number;
  /** From a change to the scheduler's next look at the service. */
  readonly reconcileMs: number;
  /** How long every task must have run (and been healthy) until the service has reached a steady state. */
  readonly steadyMs: number;
  /** Stands for `HealthCheckIntervalSeconds` of every target group. */
  readonly healthIntervalMs: number;
  readonly healthTimeoutMs: number;
  /** Stands for `deregistration_delay.timeout_seconds`. */
  readonly deregistrationDelayMs: number;
  /** What one second of healthCheckGracePeriodSeconds lasts. */
  readonly graceSecondMs: number;
  /** The grace period is never shorter: a process needs real time to start however small the scale is. */
  readonly minimumGraceMs: number;
  /** So long a target that has never answered yet is not unhealthy: on a busy machine a process takes seconds to listen. */
  readonly firstAnswerMs: number;
  /** Wait after the first failed task of a deployment; it doubles with each failure up to `maximumRetryMs`. */
  readonly retryMs: number;
  readonly maximumRetryMs: number;
  /** Scales the stop timeout of containers (30 s by default in ECS). */
  readonly stopTimeoutMs: number;
  /** What a minute lasts for everything that AWS counts in minutes: periods of metrics and alarms, bake and wait times. */
  readonly minuteMs: number;
  /** At least so long in each lifecycle stage of a blue/green, linear or canary deployment. */
  readonly stageMs: number;
  /** Between two looks at the alarms of a deployment. */
  readonly alarmMs: number;
  /** How long the alarms of a rolling update are watched at its end, which ECS computes from the alarms themselves. */
  readonly alarmBakeMs: number;
}

export const QUICK: Timings = {
  provisioningMs: 100,
  pendingMs: 150,
  stoppingMs: 50,
  deprovisioningMs: 50,
  reconcileMs: 25,
  steadyMs: 800,
  healthIntervalMs: 200,
  healthTimeoutMs: 1_000,
  deregistrationDelayMs: 300,
  graceSecondMs: 50,
  minimumGraceMs: 4_000,
  firstAnswerMs: 12_000,
  retryMs: 100,
  maximumRetryMs: 2_000,
  stopTimeoutMs: 3_000,
  minuteMs: 1_000,
  stageMs: 100,
  alarmMs: 100,
  alarmBakeMs: 500,
};

/** Times as they are on Fargate behind an Application Load Balancer: for virtual clocks. */
export const REALISTIC: Timings = {
  provisioningMs: 15_000,
  pendingMs: 20_000,
  stoppingMs: 2_000,
  deprovisioningMs: 15_000,
  reconcileMs: 1_000,
  steadyMs: 60_000,
  healthIntervalMs: 30_000,
  healthTimeoutMs: 5_000,
  deregistrationDelayMs: 300_000,
  graceSecondMs: 1_000,
  minimumGraceMs: 0,
  firstAnswerMs: 0,
  retryMs: 1_000,
  maximumRetryMs: 900_000,
  stopTimeoutMs: 120_000,
  minuteMs: 60_000,
  stageMs: 5_000,
  alarmMs: 10_000,
  alarmBakeMs: 300_000,
};
