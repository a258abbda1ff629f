import { OpsError } from '@hospital-ops/action-kit/errors';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { githubRecords } from '@hospital-ops/deployments/github';
import type { Kind } from '@hospital-ops/deployments/record';
import { createBranches } from '@hospital-ops/github/branches-client';
import { createGitHubApi } from '@hospital-ops/github/client';
import type { DeploymentState } from '@hospital-ops/rehearsal/github/world';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runFindDeployment } from '../../actions/find-deployment/src/run.ts';
import { startFixture } from '../rehearsal/github/fixture.ts';
import type { LocalGitHub } from '../support/local-github.ts';
import { REPOSITORY, TOKEN } from '../support/local-github.ts';

let fixture: LocalGitHub;
let count = 0;
beforeEach(async () => {
  count = 0;
  fixture = await startFixture({ commits: 4 });
});
afterEach(() => fixture.close());

const commit = (revision: string) => fixture.git('rev-parse', revision);
const image = (version: string) => `registry/api@sha256:${Buffer.from(version).toString('hex').padEnd(64, '0')}`;

interface Past {
  readonly environment?: string;
  readonly state?: DeploymentState;
  readonly kind?: Kind;
}

/** Records a deployment that is newer than those before. */
const deployed = (
  version: string,
  revision: string,
  { environment = 'staging', state = 'success', kind = 'release' }: Past = {},
) => {
  count += 1;
  const at = Date.UTC(2026, 0, count);
  const started = new Date(at).toISOString();
  const id = `${started.replace(/[-:.]/g, '')}-${count}-1-test`;
  const sha = commit(revision);
  const services = {
    api: { outcome: 'planned', image: image(version), digest: image(version).slice(-71), version, sha },
  };
  const record = {
    schema: 1,
    id,
    environment,
    kind,
    version,
    sha,
    status: 'in-progress',
    started,
    deployed: ['api'],
    services,
  };
  fixture.github.addDeployment({ sha, environment, payload: { 'hospital-ops': record, expires: at }, state, at });
};

const find = (wanted: { sha?: string; version?: string; environment?: string | undefined; token?: string }) => {
  const { sha = 'main', version, token = TOKEN } = wanted;
  const environment = 'environment' in wanted ? wanted.environment : 'staging';
  const [owner = '', name = ''] = REPOSITORY.split('/');
  const signal = new AbortController().signal;
  const log = createMemoryLog();
  const apiUrl = fixture.github.url;
  const options = { token, repository: { owner, name }, apiUrl, clock: new FakeClock(), signal, log };
  return runFindDeployment(
    { environment, known: new Set(['api']), sha: commit(sha), version, table: undefined, token },
    {
      records: githubRecords(createGitHubApi(options), environment ?? ''),
      branches: createBranches(options),
      log,
    },
  ).then(({ outputs }) => ({ version: outputs.version, images: JSON.parse(outputs.images ?? '') as unknown }));
};
const proof = (version: string) => ({ version, images: { api: image(version) } });
const NONE = { version: undefined, images: {} };

describe('what proves a commit', () => {
  test('is its own newest success, whatever runs there by now', async () => {
    deployed('a', 'main~1');
    deployed('b', 'main~2');
    deployed('c', 'main~1');
    deployed('d', 'main');
    expect(await find({ sha: 'main~1' })).toEqual(proof('c'));
  });

  test('is else its nearest ancestor in commits, not in time', async () => {
    deployed('near', 'main~1');
    deployed('far', 'main~3');
    deployed('other', 'topic');
    expect(await find({})).toEqual(proof('near'));
  });

  test('is never a deployment of a later commit or another line', async () => {
    deployed('later', 'main');
    deployed('other', 'topic');
    expect(await find({ sha: 'main~1' })).toEqual(NONE);
  });

  test.each<[string, Past]>([
    ['failed', { state: 'failure' }],
    ['was cancelled or lost', { state: 'error' }],
    ['goes on', { state: 'in_progress' }],
    ['is paused', { state: 'pending' }],
    ['was a roll-back', { kind: 'rollback' }],
    ['was to another environment', { environment: 'production' }],
  ])('is none that %s', async (_, past) => {
    deployed('a', 'main', past);
    expect(await find({})).toEqual(NONE);
    deployed('b', 'main~1');
    expect(await find({})).toEqual(proof('b'));
  });

  test('is not asked for where nothing is promoted', async () => {
    expect(await find({ environment: undefined })).toEqual(NONE);
    expect(fixture.github.requests()).toEqual([]);
  });

  test('is not taken for missing when it cannot be read', async () => {
    await expect(find({ token: 'ghs_other' })).rejects.toThrow(OpsError);
  });
});

describe('the way back', () => {
  test('goes to the newest success of a version', async () => {
    deployed('1.0.0', 'main~3');
    deployed('1.1.0', 'main~2');
    deployed('1.2.0', 'main~1');
    expect(await find({ version: '1.0.0' })).toEqual(proof('1.0.0'));
    expect(await find({ version: 'previous' })).toEqual(proof('1.1.0'));
  });

  test('passes over what failed and the same version again', async () => {
    deployed('1.0.0', 'main~3');
    deployed('1.1.0', 'main~2', { state: 'failure' });
    deployed('1.2.0', 'main~1');
    deployed('1.2.0', 'main~1');
    expect(await find({ version: 'previous' })).toEqual(proof('1.0.0'));
  });

  test.each([
    ['a version that never succeeded', '2.0.0', /none .* was of version 2\.0\.0/],
    ['previous after a roll-back', 'previous', /roll-back to 1\.0\.0/],
  ])('refuses %s', async (_, version, message) => {
    deployed('1.0.0', 'main~3');
    deployed('1.1.0', 'main~2');
    deployed('1.0.0', 'main~3', { kind: 'rollback' });
    await expect(find({ version })).rejects.toThrow(message);
  });

  test('refuses previous where nothing was before', async () => {
    deployed('1.0.0', 'main');
    await expect(find({ version: 'previous' })).rejects.toThrow('no other version');
  });
});
