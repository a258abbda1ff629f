import type { CodeDeployment, DeploymentGroup } from './ports.ts';

type Maybe<T> = { readonly [K in keyof T]?: T[K] | undefined };

type RevisionAnswer = Maybe<{
  appSpecContent: Maybe<{ content: string; sha256: string }>;
  string: Maybe<{ content: string; sha256: string }>;
}>;

export type GroupAnswer = Maybe<{
  applicationName: string;
  deploymentGroupName: string;
  deploymentConfigName: string;
  ecsServices: ReadonlyArray<Maybe<{ clusterName: string; serviceName: string }>>;
  lastSuccessfulDeployment: Maybe<{ deploymentId: string }>;
  blueGreenDeploymentConfiguration: Maybe<{
    terminateBlueInstancesOnDeploymentSuccess: Maybe<{ action: string; terminationWaitTimeInMinutes: number }>;
  }>;
}>;

export type DeploymentInfoAnswer = Maybe<{
  deploymentId: string;
  status: string;
  revision: RevisionAnswer;
  errorInformation: Maybe<{ code: string; message: string }>;
  rollbackInfo: Maybe<{ rollbackDeploymentId: string; rollbackMessage: string }>;
  createTime: Date;
  creator: string;
  instanceTerminationWaitTimeStarted: boolean;
  deploymentStatusMessages: readonly string[];
}>;

/** AppSpecContent took the place of RawString (API_RevisionLocation); groups may still hold the old kind. */
export const shaOf = (revision: RevisionAnswer | undefined): string | undefined =>
  revision?.appSpecContent?.sha256 ?? revision?.string?.sha256;

export const contentOf = (revision: RevisionAnswer | undefined): string | undefined =>
  revision?.appSpecContent?.content ?? revision?.string?.content;

/** Returns the group, or undefined when the answer does not say which it is. */
export const parseGroup = (from: GroupAnswer): DeploymentGroup | undefined => {
  if (from.applicationName === undefined || from.deploymentGroupName === undefined) return undefined;
  const termination = from.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess;
  return {
    application: from.applicationName,
    name: from.deploymentGroupName,
    services: (from.ecsServices ?? []).flatMap(({ clusterName: cluster, serviceName: service }) =>
      cluster === undefined || service === undefined ? [] : [{ cluster, service }],
    ),
    config: from.deploymentConfigName ?? '',
    terminationWaitMinutes: termination?.action === 'KEEP_ALIVE' ? 0 : (termination?.terminationWaitTimeInMinutes ?? 0),
    lastSuccessful: from.lastSuccessfulDeployment?.deploymentId,
  };
};

/** Returns the deployment, or undefined when the answer gives no id. */
export const parseCodeDeployment = (from: DeploymentInfoAnswer): CodeDeployment | undefined => {
  if (from.deploymentId === undefined) return undefined;
  const { errorInformation: error, rollbackInfo: rollback } = from;
  const at = from.createTime?.getTime() ?? 0;
  return {
    id: from.deploymentId,
    status: from.status ?? '',
    sha: shaOf(from.revision),
    error: error && { code: error.code ?? '', message: error.message ?? '' },
    rollback: rollback && { deployment: rollback.rollbackDeploymentId, message: rollback.rollbackMessage ?? '' },
    createdAt: Number.isNaN(at) ? 0 : at,
    creator: from.creator ?? '',
    waitsForTermination: from.instanceTerminationWaitTimeStarted === true,
    messages: from.deploymentStatusMessages ?? [],
  };
};
