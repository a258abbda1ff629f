import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect } from '@jest/globals';
import { importBaseImage } from '../support/base-image.ts';
import { describeWithDocker, theDocker } from '../support/describe-docker.ts';
import { rehearseIn } from '../support/rehearse.ts';
import { digestsOf, serving } from '../support/rehearsed.ts';
import { testInCi } from '../support/thorough.ts';

/** The release of the sample hospital, with all of its images built and all of its tasks run by a real Engine. */
const docker = await theDocker();

describeWithDocker(docker, 'a release of the sample with a Docker Engine', ({ host, inventory }) => {
  const env = { DOCKER_HOST: host, DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? join(homedir(), '.docker') };
  let before: string[];

  beforeAll(async () => {
    await importBaseImage(host, 'node:24-alpine', ['fastify', 'pg']);
    before = await inventory();
  });

  testInCi('production gets the digests that staging built, migrated, in a canary, and nothing is left', async () => {
    const run = await rehearseIn(env, 'deploy-production', '--engine', 'docker');
    expect(run.output).toContain('✓ deploy-production succeeded (deployed)');
    expect(run.output).toMatch(/Images were built by Docker Engine \S+ with buildx \S+; tasks were its containers\./);
    expect(serving(run)).toEqual([
      'hospital-ops-production-api 1.1.0 hospital-ops-production-api:2 2/2 tasks',
      'hospital-ops-production-web 1.1.0 hospital-ops-production-web:2 2/2 tasks',
      'hospital-ops-production-worker 1.0.0 hospital-ops-production-worker:1 1/1 tasks',
    ]);
    for (const service of ['api', 'web']) {
      const [staging, production] = digestsOf(run.report, service);
      expect(staging).toMatch(/^sha256:/);
      expect(production).toBe(staging);
    }
    expect(run).toMatchObject({ exitCode: 0, leftovers: [] });
    expect(await inventory()).toEqual(before);
  });
});
