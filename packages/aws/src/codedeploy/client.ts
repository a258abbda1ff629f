import type { DeploymentStatus } from '@aws-sdk/client-codedeploy';
import {
  BatchGetDeploymentGroupsCommand,
  BatchGetDeploymentsCommand,
  CodeDeployClient,
  CreateDeploymentCommand,
  GetApplicationRevisionCommand,
  GetDeploymentCommand,
  ListApplicationsCommand,
  ListDeploymentGroupsCommand,
  ListDeploymentsCommand,
  StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import { AwsError, CancelledError } from '@hospital-ops/action-kit/errors';
import { batches } from '../batches.ts';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { createPacer, giveUpWaiting, pace } from '../pacer.ts';
import { contentOf, parseCodeDeployment, parseGroup } from './parse.ts';
import type { CodeDeploy } from './ports.ts';

/** Names per BatchGetDeploymentGroups, ids per BatchGetDeployments (API reference: "batch request … cannot exceed"). */
const GROUPS_PER_CALL = 100;
const DEPLOYMENTS_PER_CALL = 25;
/** Pages of a list; an account holds at most 1000 applications with as many groups each (CodeDeploy quotas). */
const MAX_PAGES = 20;

interface Page<T> {
  readonly values: readonly T[] | undefined;
  readonly next: string | undefined;
}

const call = async <T>(operation: string, resource: string, send: () => Promise<T>): Promise<T> => {
  try {
    return await send();
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    throw toAwsError(`codedeploy:${operation}`, resource, error);
  }
};

const pages = async <T>(ask: (token: string | undefined) => Promise<Page<T>>): Promise<T[]> => {
  const all: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { values, next } = await ask(token);
    all.push(...(values ?? []));
    if (next === undefined || next === '') break;
    token = next;
  }
  return all;
};

/** Returns the CodeDeploy calls of the suite over the AWS SDK; region and credentials come from the default chain. */
export const createCodeDeploy = (context: ClientContext): CodeDeploy => {
  const client = new CodeDeployClient(clientOptions(context));
  // CreateDeployment knows no client token: sent twice, it would deploy twice.
  const once = new CodeDeployClient(clientOptions(context, 'rejected-only'));
  pace(once, createPacer(context.clock, []));

  const groupNames = (application: string) =>
    pages((nextToken) =>
      call('ListDeploymentGroups', `application "${application}"`, async () => {
        const answer = await client.send(
          new ListDeploymentGroupsCommand({ applicationName: application, ...(nextToken && { nextToken }) }),
        );
        return { values: answer.deploymentGroups, next: answer.nextToken };
      }),
    );

  return {
    applications: () =>
      pages((nextToken) =>
        call('ListApplications', 'the applications of the account', async () => {
          const answer = await client.send(new ListApplicationsCommand({ ...(nextToken && { nextToken }) }));
          return { values: answer.applications, next: answer.nextToken };
        }),
      ),
    groups: async (application, names) => {
      const wanted = names ?? (await groupNames(application));
      const answers = await Promise.all(
        batches(wanted, GROUPS_PER_CALL).map((deploymentGroupNames) =>
          call('BatchGetDeploymentGroups', `application "${application}"`, () =>
            client.send(new BatchGetDeploymentGroupsCommand({ applicationName: application, deploymentGroupNames })),
          ),
        ),
      );
      return answers.flatMap(({ deploymentGroupsInfo = [] }) =>
        deploymentGroupsInfo.flatMap((one) => parseGroup(one) ?? []),
      );
    },
    createDeployment: ({ application, group, content, sha, description, config }, signal) =>
      call('CreateDeployment', `deployment group "${group}" of application "${application}"`, async () => {
        const command = new CreateDeploymentCommand({
          applicationName: application,
          deploymentGroupName: group,
          description,
          ...(config !== undefined && { deploymentConfigName: config }),
          revision: { revisionType: 'AppSpecContent', appSpecContent: { content, sha256: sha } },
        });
        giveUpWaiting(command, signal);
        const { deploymentId } = await once.send(command);
        if (deploymentId !== undefined) return deploymentId;
        throw new AwsError({
          what: `codedeploy:CreateDeployment answered without an id for deployment group "${group}".`,
          next: 'run this again; if it stays, check what answers at the configured endpoint.',
          operation: 'codedeploy:CreateDeployment',
          code: 'EmptyAnswer',
        });
      }),
    deployments: async (application, group, since, statuses) => {
      const where = `deployment group "${group}" of application "${application}"`;
      const { deployments = [] } = await call('ListDeployments', where, () =>
        client.send(
          new ListDeploymentsCommand({
            applicationName: application,
            deploymentGroupName: group,
            createTimeRange: { start: new Date(since) },
            ...(statuses.length > 0 && { includeOnlyStatuses: statuses as DeploymentStatus[] }),
          }),
        ),
      );
      const newest = deployments.slice(0, DEPLOYMENTS_PER_CALL);
      if (newest.length === 0) return [];
      const { deploymentsInfo = [] } = await call('BatchGetDeployments', where, () =>
        client.send(new BatchGetDeploymentsCommand({ deploymentIds: newest })),
      );
      return deploymentsInfo.flatMap((one) => parseCodeDeployment(one) ?? []).sort((a, b) => b.createdAt - a.createdAt);
    },
    deployment: (id) =>
      call('GetDeployment', `deployment ${id}`, async () => {
        const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId: id }));
        return deploymentInfo && parseCodeDeployment(deploymentInfo);
      }),
    // "The content property of the appSpecContent object in the returned revision is always null. Use
    // GetApplicationRevision" (API_GetDeployment).
    appSpec: (application, sha) =>
      call('GetApplicationRevision', `revision ${sha} of application "${application}"`, async () => {
        const answer = await client.send(
          new GetApplicationRevisionCommand({
            applicationName: application,
            revision: { revisionType: 'AppSpecContent', appSpecContent: { sha256: sha } },
          }),
        );
        return contentOf(answer.revision);
      }),
    rollBackDeployment: (id) =>
      call('StopDeployment', `deployment ${id}`, async () => {
        // Whoever asks looks whether it took effect before it is sent again.
        await once.send(new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: true }));
      }),
  };
};
