import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline } from '@hospital-ops/pipeline/load';
import { expect, test } from '@jest/globals';
import { sample } from './workbench.ts';

const read = (name: string): string => readFileSync(join(sample, name), 'utf8');

test('the pipeline file of the sample is valid, and production promotes what staging ran', () => {
  const pipeline = loadPipeline(read('.github/hospital-ops.yml'));
  expect([...pipeline.services.keys()]).toEqual(['api', 'web', 'worker']);
  expect(pipeline.environments.get('production')?.promoteFrom).toBe('staging');
});

test('the lockfile names no registry', () => {
  expect(read('pnpm-lock.yaml')).not.toMatch(/https?:|tarball/);
});

test.each(['api', 'web', 'worker'])('the image of %s is not root and can be built on another base', (app) => {
  const dockerfile = read(`infrastructure/docker/${app}/Dockerfile`);
  expect(dockerfile).toMatch(/^ARG BASE_IMAGE=node:24-alpine$/m);
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  expect(dockerfile).not.toMatch(/curl|wget/);
});
