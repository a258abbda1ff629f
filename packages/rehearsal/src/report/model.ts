/** A rehearsal as it is told afterwards. All times are milliseconds since the epoch; all texts may be foreign. */
export interface Rehearsal {
  readonly workflow: string;
  /** `push of the tag v1.1.0 over v1.0.0`. */
  readonly phrase: string;
  readonly repository: string;
  readonly conclusion: Conclusion;
  /** The one line that says what happened. */
  readonly sentence: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** What was not real: the engine, the database, the stand-ins. */
  readonly notes: readonly string[];
  readonly faults: readonly string[];
  /** Errors, warnings and notices, in the order in which they came. */
  readonly remarks: readonly RemarkRecord[];
  readonly jobs: readonly JobRecord[];
  readonly deployments: readonly DeploymentRecord[];
  readonly serving: readonly ServingRecord[];
  readonly messages: readonly ChatRecord[];
  /** What was recorded of this release. */
  readonly records: readonly RecordedDeployment[];
  readonly calls: readonly CallRecord[];
}

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface RemarkRecord {
  readonly level: 'notice' | 'warning' | 'error';
  /** `deploy / Release, Deploy`. */
  readonly where: string;
  readonly message: string;
}

export interface JobRecord {
  readonly name: string;
  readonly conclusion: Conclusion;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly steps: readonly StepRecord[];
}

export interface StepRecord {
  readonly name: string;
  readonly conclusion: Conclusion;
  readonly startedAt: number;
  readonly endedAt: number;
  /** The step's log, already masked. */
  readonly lines: readonly string[];
  /** Its job summary section, Markdown. */
  readonly summary: string;
}

/** One ECS deployment of one service. */
export interface DeploymentRecord {
  readonly service: string;
  /** `hospital-ops-production-api:2`. */
  readonly taskDefinition: string;
  readonly version: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly state: 'completed' | 'failed' | 'in-progress' | 'replaced';
  readonly reason: string;
}

/** What takes a service's traffic in the end. */
export interface ServingRecord {
  readonly service: string;
  readonly taskDefinition: string;
  readonly version: string | undefined;
  readonly running: number;
  readonly desired: number;
}

export interface ChatRecord {
  readonly chat: 'Slack' | 'Discord';
  /** What people read, top to bottom: title first. */
  readonly lines: readonly string[];
  /** `#rrggbb` of the message's edge, or undefined. */
  readonly colour: string | undefined;
  readonly payload: unknown;
}

/** One deployment of the record. */
export interface RecordedDeployment {
  readonly environment: string;
  readonly version: string;
  /** `failure (rolled-back)`. */
  readonly ending: string;
  /** `api deployed, web kept`. */
  readonly services: string;
  readonly previous: string;
  readonly json: unknown;
}

/** Calls that one AWS operation got. */
export interface CallRecord {
  readonly operation: string;
  readonly count: number;
  readonly failed: number;
}
