import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import type { LocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { startLocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import type { ResultsServer } from '@hospital-ops/rehearsal/results/results-server';
import { startResults } from '@hospital-ops/rehearsal/results/results-server';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Job } from '../support/bundle.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import { describeWithBuildKit, theBuildKit } from '../support/describe-docker.ts';

/** `cache: gha` of the built bundle, with a BuildKit that this project did not write and the rehearsal's cache service. */
const buildkit = await theBuildKit();

const repository = 'clinic-desk';
const MAIN = 'refs/heads/main';
const AWS = { AWS_REGION: 'ap-south-1', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' };
let round = 0;

/** The client of GitHub's cache leaves lists of files in the job's temporary folder. */
const ours = (left: ReadonlyMap<string, string>) => [...left.keys()].filter((path) => !path.endsWith('/manifest.txt'));

/** A docker command whose BuildKit says that it is older than it is. */
const AGED = `#!/bin/sh
PATH=\${PATH#*:}
[ "$1 $2" = "buildx inspect" ] || exec docker "$@"
docker "$@" | sed 's/^\\( *BuildKit version: *\\).*/\\1v0.12.5/'
`;

describeWithBuildKit(buildkit, 'caches of build-image', ({ upstream, config, busybox, prune }) => {
  let folder: string;
  let results: ResultsServer;
  let registry: Registry;
  let aws: LocalAws;
  let job: Job;
  let revision = 0;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'buildkit-caches-'));
    for (const name of ['results', 'bin']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'bin', 'docker'), AGED);
    chmodSync(join(folder, 'bin', 'docker'), 0o755);
    results = await startResults(join(folder, 'results'));
    const store = createImageStore();
    const tokens = createRegistryTokens();
    const credentials = (user: string, password: string) => tokens.accepts(user, password, Date.now());
    registry = await startRegistry({ store, upstream, credentials });
    const engine = { start: () => Promise.reject(new Error('no tasks here')), close: async () => undefined };
    const ecr = createEcrService({ store, registryHost: registry.host, tokens });
    aws = await startLocalAws({ engine, region: AWS.AWS_REGION, services: [ecr] });
    job = createJob();
    round += 1;
    cpSync(busybox, join(job.workspace, 'busybox'));
    const shell = 'FROM scratch AS tools\nCOPY busybox /bin/busybox\nSHELL ["/bin/busybox", "sh", "-c"]\n';
    const made = `RUN /bin/busybox echo made ${round} ${process.pid} > /made\n`;
    job.write('Dockerfile', `${shell}${made}FROM scratch\nCOPY --from=tools /made /\nCOPY app.txt /\n`);
  });
  afterEach(async () => {
    job.remove();
    for (const server of [registry, aws, results]) await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Builds another content on a machine that has no layers. */
  const build = async (isAged: boolean, mode: 'read' | 'write') => {
    await prune();
    revision += 1;
    job.write('app.txt', `${round} ${revision}`);
    const grant = results.grant({ ref: MAIN, mode });
    const inputs = { repository, tags: `1.0.${revision}`, cache: 'gha' };
    const env = {
      ...AWS,
      ...grant.env,
      AWS_ENDPOINT_URL: aws.url,
      DOCKER_CONFIG: config,
      PATH: `${isAged ? `${join(folder, 'bin')}:` : ''}${process.env.PATH}`,
      GITHUB_SHA: String(revision).padStart(40, '0'),
    };
    const ran = await runBundle('build-image', job, { inputs, env });
    grant.revoke();
    const { [repository]: result } = JSON.parse(ran.outputs.results ?? '{}') as Record<string, Record<string, unknown>>;
    return { ...ran, cached: result?.['cached-steps'] };
  };

  describe.each([
    ["BuildKit's own backend", false],
    ['a saved folder, where BuildKit is too old for the service', true],
  ])("in GitHub's cache by %s", (_, isAged) => {
    test('layers are found again on a machine that has none', async () => {
      const first = await build(isAged, 'write');
      expect([first.code, first.outputs.result, first.cached]).toEqual([0, 'built', 0]);
      expect(first.log).not.toContain('::warning');
      const second = await build(isAged, 'write');
      expect([second.code, second.outputs.result]).toEqual([0, 'built']);
      expect(second.cached).toBeGreaterThanOrEqual(2);
      expect(ours(second.left)).toEqual([]);
    });

    test('a job that may not save gets its image, and a warning', async () => {
      const { code, outputs, log, left } = await build(isAged, 'read');
      expect([code, outputs.result]).toEqual([0, 'built']);
      expect(log).toMatch(/::warning.*(denied|not written|may not write)/i);
      expect(ours(left)).toEqual([]);
    });
  });
});
