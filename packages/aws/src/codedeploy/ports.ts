/** A deployment group that deploys ECS services. */
export interface DeploymentGroup {
  readonly application: string;
  readonly name: string;
  readonly services: ReadonlyArray<{ readonly cluster: string; readonly service: string }>;
  /** Name of the configuration that says how traffic moves (`CodeDeployDefault.ECSAllAtOnce`). */
  readonly config: string;
  /** Minutes that the old tasks are kept after the traffic has moved; they are part of the deployment. */
  readonly terminationWaitMinutes: number;
  /** Id of the last deployment that was successful. */
  readonly lastSuccessful: string | undefined;
}

/** A deployment by CodeDeploy. */
export interface CodeDeployment {
  readonly id: string;
  /** Created, Queued, InProgress, Baking, Succeeded, Failed, Stopped, Ready; other words are kept as they are. */
  readonly status: string;
  /** Sha-256 of its AppSpec, in hex. */
  readonly sha: string | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  /** What CodeDeploy says of the way back, where there is one. */
  readonly rollback: { readonly deployment: string | undefined; readonly message: string } | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** user, codeDeployRollback, … */
  readonly creator: string;
  /** True when all of the traffic has moved and the old tasks wait for their end. */
  readonly waitsForTermination: boolean;
  readonly messages: readonly string[];
}

export interface CreateDeployment {
  readonly application: string;
  readonly group: string;
  /** The AppSpec, JSON or YAML. */
  readonly content: string;
  /** Of the content, in hex. */
  readonly sha: string;
  readonly description: string;
  /** Name of a deployment configuration to take in place of the group's. */
  readonly config?: string | undefined;
}

/** The CodeDeploy calls that the suite makes. Every method throws AwsError. */
export interface CodeDeploy {
  /** Names of the applications of the account and region; all pages. */
  applications(): Promise<readonly string[]>;
  /** The deployment groups of an application; those named only, where names are given. Unknown ones are left out. */
  groups(application: string, names?: readonly string[]): Promise<readonly DeploymentGroup[]>;
  /** Not sent again after a lost response. Returns the id. */
  createDeployment(request: CreateDeployment, signal?: AbortSignal): Promise<string>;
  /** The deployments of a group since a moment (milliseconds since the epoch), newest first, at most 25. */
  deployments(
    application: string,
    group: string,
    since: number,
    statuses: readonly string[],
  ): Promise<readonly CodeDeployment[]>;
  /** Undefined when the answer holds none. */
  deployment(id: string): Promise<CodeDeployment | undefined>;
  /** The AppSpec of a revision; undefined when the answer does not hold it. */
  appSpec(application: string, sha: string): Promise<string | undefined>;
  /** Stops a deployment and has the traffic go back. */
  rollBackDeployment(id: string): Promise<void>;
}
