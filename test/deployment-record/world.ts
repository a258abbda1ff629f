import type { Clock } from '@hospital-ops/action-kit/clock';
import { systemClock } from '@hospital-ops/action-kit/clock';
import type { OpsError } from '@hospital-ops/action-kit/errors';
import { asOpsError } from '@hospital-ops/action-kit/errors';
import { rawInputs } from '@hospital-ops/action-kit/inputs';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createTable } from '@hospital-ops/aws/dynamodb/client';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import { createBranches } from '@hospital-ops/github/branches-client';
import { createGitHubApi } from '@hospital-ops/github/client';
import type { LocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { startLocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { createScriptedEngine } from '@hospital-ops/rehearsal/aws/scripted-engine';
import type { GitHub } from '@hospital-ops/rehearsal/github/server';
import { runClose } from '../../actions/deployment-record/src/close.ts';
import type { RecordDeps } from '../../actions/deployment-record/src/deps.ts';
import { parseRecordInputs } from '../../actions/deployment-record/src/inputs.ts';
import { failedOutputs, runRecord } from '../../actions/deployment-record/src/run.ts';
import { REPOSITORY, startLocalGitHub, TOKEN } from '../support/local-github.ts';
import type { GitHubFront } from './github-front.ts';
import { startGitHubFront } from './github-front.ts';

export const TABLE = 'deployments';
export const image = (name: string, letter: string) => `registry.example/${name}@sha256:${letter.repeat(64)}`;

/** The defaults of action.yml, and what a run of `deploy-production` gives. */
const USUAL = {
  operation: 'start',
  environment: 'production',
  lock: 'true',
  'lock-ttl': '2h',
  'lock-wait': '0',
  kind: 'release',
  status: 'success',
  'environment-type': 'auto',
  limit: '10',
};

export interface Ran {
  readonly outputs: Readonly<Record<string, string>>;
  readonly failure: OpsError | undefined;
  readonly log: readonly string[];
  readonly summary: string;
  /** What was kept for the post step. */
  readonly id: string;
}

export interface Runner {
  readonly actor?: string;
  readonly runId?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Without a token: nothing at GitHub. */
  readonly token?: boolean;
}

export interface World {
  readonly aws: LocalAws;
  readonly github: GitHub;
  /** The line between the action and GitHub. */
  readonly front: GitHubFront;
  /** The commit that is deployed where a test names no other. */
  readonly sha: string;
  /** Adds a commit on top of `parent`, and returns its SHA. */
  commit(message: string, parent: string): string;
  run(inputs: Readonly<Record<string, string>>, runner?: Runner): Promise<Ran>;
  post(id: string, inputs: Readonly<Record<string, string>>, runner?: Runner): Promise<Ran>;
  /** Items of the table by sort key. */
  items(environment?: string): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;
  close(): Promise<void>;
}

const plain = (attribute: unknown): unknown => {
  if (typeof attribute !== 'object' || attribute === null) return attribute;
  const [[type, value] = []] = Object.entries(attribute);
  if (type === 'N') return Number(value);
  if (type === 'L') return (value as unknown[]).map(plain);
  return type === 'M' ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)])) : value;
};

/** Records of an item, as they are read from the table. */
export const recordIn = (item: Readonly<Record<string, unknown>> | undefined) =>
  item?.record as DeploymentRecord | undefined;

/** Starts DynamoDB and GitHub over real HTTP, and runs the action in this process with its real clients. */
export const startWorld = async (aws: Partial<Parameters<typeof startLocalAws>[0]> = {}): Promise<World> => {
  const engine = createScriptedEngine(systemClock, () => ({}));
  const local = await startLocalAws({ engine, region: 'ap-south-1', throttling: false, ...aws });
  const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' });
  await local.call('dynamodb', 'CreateTable', {
    TableName: TABLE,
    AttributeDefinitions: [text('pk'), text('sk')],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const { github, commit, close: closeGitHub } = await startLocalGitHub();
  const sha = commit('one');
  const front = await startGitHubFront(github.url);
  const saved = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: local.url,
    AWS_REGION: 'ap-south-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });

  let runs = 0;
  const play = async (inputs: Readonly<Record<string, string>>, runner: Runner, postOf?: string): Promise<Ran> => {
    const { actor = 'asha', runId = 77, clock = systemClock, signal = new AbortController().signal } = runner;
    const log = createMemoryLog();
    const token = runner.token === false ? {} : { token: TOKEN };
    const given = { ...USUAL, table: TABLE, sha, version: '1.1.0', ...token, ...inputs };
    let id = '';
    try {
      const raw = rawInputs(Object.fromEntries(Object.entries(given).map(([key, value]) => [`INPUT_${key}`, value])));
      const parsed = parseRecordInputs(raw, () => '');
      const options =
        parsed.token === undefined
          ? undefined
          : {
              token: parsed.token,
              repository: { owner: 'rivercare', name: 'hospital-ops' },
              apiUrl: front.url,
              clock,
              signal,
              log,
              survivesCancellation: true,
            };
      const deps: RecordDeps = {
        table: parsed.table === undefined ? undefined : createTable(parsed.table, { clock, signal }),
        github: options && createGitHubApi(options),
        branches: options && createBranches(options),
        run: {
          repository: { owner: 'rivercare', name: 'hospital-ops' },
          actor,
          workflow: 'deploy-production',
          runUrl: `https://github.com/${REPOSITORY}/actions/runs/${runId}`,
          runId,
          runAttempt: 1,
        },
        clock,
        log,
        signal,
        random: Math.random,
        writer: `writer ${runs++}`,
        redact: (value) => value.replaceAll('hunter2', '***'),
        saveState: (_, value) => {
          id = value;
        },
      };
      const result = postOf === undefined ? await runRecord(parsed, deps) : await runClose(parsed, deps, postOf);
      const { outputs, failure } = result;
      return { outputs, failure, log: log.lines, summary: result.summary.render(), id };
    } catch (error) {
      const failure = asOpsError(error);
      return { outputs: failedOutputs(failure), failure, log: log.lines, summary: '', id };
    }
  };

  return {
    aws: local,
    github,
    front,
    sha,
    commit,
    run: (inputs, runner = {}) => play(inputs, runner),
    post: (id, inputs, runner = {}) => play(inputs, runner, id),
    items: async (environment = 'production') => {
      const { Items } = (await local.call('dynamodb', 'Query', {
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `${REPOSITORY}#${environment}` } },
      })) as { Items: Array<Record<string, unknown>> };
      const items = Items.map((item) => plain({ M: item }) as Record<string, unknown>);
      return new Map(items.map((item) => [String(item.sk), item]));
    },
    close: async () => {
      process.env = saved;
      await front.close();
      await closeGitHub();
      await local.close();
      await engine.close();
    },
  };
};
