import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { parseRehearseArguments } from '@hospital-ops/rehearsal/command/arguments';
import { rehearse } from '@hospital-ops/rehearsal/command/rehearse';
import type { ServingRecord } from '@hospital-ops/rehearsal/report/model';
import type { RunOptions } from '@hospital-ops/rehearsal/runner/run-workflow';
import { runWorkflow } from '@hospital-ops/rehearsal/runner/run-workflow';
import { ROOT } from '../rehearse.ts';

/** What a release left behind, in words that two runs of it share: no port, no time, no random id. */
export interface ReleaseOutcome {
  readonly conclusion: string;
  readonly findings: readonly string[];
  readonly serving: readonly ServingRecord[];
  /** Containers of what serves: images by digest, and what the version variable says. */
  readonly containers: Readonly<Record<string, unknown>>;
  readonly deployments: unknown;
  readonly record: readonly string[];
  readonly messages: ReadonlyArray<readonly string[]>;
}

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

const containersOf = async (endpoint: string, serving: readonly ServingRecord[]) => {
  const ecs = new ECSClient({ endpoint, region: 'ap-south-1', credentials: KEYS });
  const described = await Promise.all(
    serving.map(async ({ taskDefinition }) => {
      const answer = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
      const containers = answer.taskDefinition?.containerDefinitions ?? [];
      return [
        taskDefinition,
        containers.map(({ image, environment }) => ({ image: image?.replace(/^[^/]+\//, ''), environment })),
      ];
    }),
  );
  ecs.destroy();
  return Object.fromEntries(described) as Record<string, unknown>;
};

const deploymentsOf = async (env: Readonly<Record<string, string>>, { token, repository }: RunOptions) => {
  const answer = await fetch(`${env.GITHUB_API_URL}/repos/${repository.name}/deployments`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const deployments = (await answer.json()) as ReadonlyArray<Record<string, unknown>>;
  return deployments.map(({ sha, ref, environment, task }) => ({ sha, ref, environment, task }));
};

/** What is recorded in the table, without times, runs and ids; what images and versions it names per service. */
const recordOf = async (endpoint: string, repository: string, environment: string) => {
  const dynamo = new DynamoDBClient({ endpoint, region: 'ap-south-1', credentials: KEYS });
  const { Items: items = [] } = await dynamo.send(
    new QueryCommand({
      TableName: 'hospital-ops-deployments',
      KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :sk)',
      ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
      ExpressionAttributeValues: { ':pk': { S: `${repository}#${environment}` }, ':sk': { S: 'deployment#' } },
    }),
  );
  dynamo.destroy();
  return items
    .filter(({ record }) => record?.M !== undefined)
    .map(({ pk, status, kind, sha, record }) =>
      [pk, status, kind, sha, record?.M?.version].map((one) => one?.S).join(' '),
    )
    .sort();
};

/** Durations depend on the machine; and act tells a called workflow its own name, where GitHub tells the caller's. */
const comparable = (line: string): string =>
  line.replace(/\b\d+(\.\d+)?(ms|s|m)( ?\d+s)?\b/g, '…').replace(/ · [^·]+ · #\d+$/, ' · WORKFLOW · #1');

/** Rehearses `workflow` of the sample with the release tree `suite`, run by `runner`, and returns what it left behind. */
export const releaseOutcome = async (
  workflow: string,
  suite: string,
  runner: typeof runWorkflow = runWorkflow,
): Promise<ReleaseOutcome> => {
  const report = mkdtempSync(join(tmpdir(), 'outcome-'));
  let run: RunOptions | undefined;
  let seen: Pick<ReleaseOutcome, 'containers' | 'deployments' | 'record'> | undefined;
  try {
    const { rehearsal, findings } = await rehearse({
      args: parseRehearseArguments([workflow, '--report', report]),
      root: ROOT,
      suite,
      display: { say: () => {}, onEvent: () => {}, close: () => {} },
      signal: new AbortController().signal,
      databaseUrl: undefined,
      runner: (options) => {
        run = options;
        return runner(options);
      },
      linger: async (env, ended) => {
        if (run === undefined) throw new Error('the workflow was never run.');
        const containers = await containersOf(env.AWS_ENDPOINT_URL ?? '', ended.rehearsal.serving);
        const record = await recordOf(env.AWS_ENDPOINT_URL ?? '', run.repository.name, workflow.replace('deploy-', ''));
        seen = { containers, deployments: await deploymentsOf(env, run), record };
      },
    });
    if (seen === undefined) throw new Error('nobody looked around.');
    const messages = rehearsal.messages.map(({ lines }) => lines.map(comparable));
    return { conclusion: rehearsal.conclusion, findings, serving: rehearsal.serving, messages, ...seen };
  } finally {
    rmSync(report, { recursive: true, force: true });
  }
};
