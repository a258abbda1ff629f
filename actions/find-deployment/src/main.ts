import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { OpsError, reasonOf } from '@hospital-ops/action-kit/errors';
import { lazyPort } from '@hospital-ops/action-kit/lazy';
import type { Kit } from '@hospital-ops/action-kit/run-action';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { githubRecords } from '@hospital-ops/deployments/github';
import { partitionOf, tableRecords } from '@hospital-ops/deployments/store';
import type { GitHubApi } from '@hospital-ops/github/api';
import type { Branches } from '@hospital-ops/github/branches';
import { readContext } from '@hospital-ops/github/context';
import type { FindInputs } from './inputs.ts';
import { parseFindInputs } from './inputs.ts';
import type { FindDeps } from './run.ts';
import { outputs, runFindDeployment } from './run.ts';

const connect = async ({ environment = '', table, token }: FindInputs, kit: Kit): Promise<FindDeps> => {
  const { env, log, clock, signal } = kit;
  kit.addSecret(token);
  const { repository, apiUrl } = readContext(env, (path) => readFileSync(path, 'utf8'));
  if (repository === undefined) throw new OpsError({ what: 'GITHUB_REPOSITORY names no repository.' });
  const options = { token, repository, apiUrl, clock, signal, log };
  const branches = lazyPort<Branches>(async () =>
    (await import('@hospital-ops/github/branches-client')).createBranches(options),
  );
  if (table === undefined) {
    const api = lazyPort<GitHubApi>(async () => (await import('@hospital-ops/github/client')).createGitHubApi(options));
    return { records: githubRecords(api, environment), branches, log };
  }
  const { createTable } = await import('@hospital-ops/aws/dynamodb/client');
  const partition = partitionOf(`${repository.owner}/${repository.name}`, environment);
  return { records: tableRecords(createTable(table, { clock, signal }), partition, randomUUID()), branches, log };
};

export const main = () =>
  runAction({
    name: 'find-deployment',
    outputs,
    failedOutputs: (error) => ({ reason: reasonOf(error) }),
    parse: parseFindInputs,
    connect,
    run: runFindDeployment,
  });
