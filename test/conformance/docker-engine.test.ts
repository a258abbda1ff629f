import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { importBaseImage } from '../support/base-image.ts';
import { makeClinic } from '../support/clinic.ts';
import { describeWithDocker, theDocker } from '../support/describe-docker.ts';
import { rehearseIn } from '../support/rehearse.ts';

/** `npm run rehearse -- --engine docker`, with an Engine that this project did not write. */
const docker = await theDocker();

describeWithDocker(docker, 'a rehearsal with a Docker Engine', ({ host, inventory }) => {
  let folder: string;
  let before: string[];
  const words = () => ['deploy-production', '--engine', 'docker', '--repo', join(folder, 'clinic')];
  // The user's configuration has buildx among its plugins.
  const env = { DOCKER_HOST: host, DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? join(homedir(), '.docker') };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docker-rehearsal-'));
    makeClinic(join(folder, 'clinic'));
    await importBaseImage(host, 'node:24-alpine');
    before = await inventory();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a release is built by BuildKit, RUN included, and serves from containers', async () => {
    const run = await rehearseIn(env, ...words());
    expect(run.output).toContain(
      '✓ deploy-production succeeded (deployed); serving now: clinic-production-desk on 1.1.0.',
    );
    expect(run.output).toMatch(/Images were built by Docker Engine \S+ with buildx \S+; tasks were its containers\./);
    expect(run).toMatchObject({ exitCode: 0, leftovers: [] });
    expect(await inventory()).toEqual(before);
  });

  test('a crashing release goes back, and says why', async () => {
    const run = await rehearseIn(env, ...words(), '--fault', 'desk:crash-loop');
    expect(run.output).toContain(
      '✗ deploy-production failed (rolled-back); serving now: clinic-production-desk on 1.0.0.',
    );
    expect(run.output).toContain('Error: DB_URL is not set');
    expect(run).toMatchObject({ exitCode: 1, leftovers: [] });
    expect(await inventory()).toEqual(before);
  });
});
