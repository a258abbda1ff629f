import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contextSources } from '@hospital-ops/git/dockerfile';
import { loadPipeline } from '@hospital-ops/pipeline/load';
import { parseDockerfile, parseExecForm } from '@hospital-ops/rehearsal/engine/builder/dockerfile';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './workflow-files.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

test('the pipeline file is one, and shows what most need', () => {
  const pipeline = loadPipeline(read('workflows-templates/pipeline/hospital-ops.yml').replaceAll('PROJECT', 'clinic'));
  expect([...pipeline.environments.keys()]).toEqual(['staging', 'production']);
  expect(pipeline.environments.get('production')).toMatchObject({ promoteFrom: 'staging' });
});

describe.each(globSync('workflows-templates/docker/*', { cwd: ROOT }))('%s', (path) => {
  const text = read(path);
  const instructions = parseDockerfile(text);
  const last = (keyword: string) => instructions.findLast((one) => one.keyword === keyword)?.rest ?? '';

  test('runs as nobody special, tells its health, and starts without a shell that swallows signals', () => {
    expect(last('USER')).toBe('node');
    expect(parseExecForm(last('CMD'))).toEqual(['node', expect.stringMatching(/\.js$/)]);
    expect(parseExecForm(last('HEALTHCHECK').replace(/^.*?CMD /s, ''))).toHaveLength(3);
  });

  test('takes parts of the context that can be told, so that a change elsewhere is none of its', () => {
    const { sources, unsure } = contextSources(text);
    expect(unsure).toBeUndefined();
    expect(sources).toEqual(expect.arrayContaining(['pnpm-lock.yaml', 'packages']));
    expect(sources).not.toContain('.');
  });

  test('takes no image by a tag that moves between majors', () => {
    expect(text).not.toMatch(/:latest\b/);
    expect(text).toMatch(/^ARG BASE_IMAGE=\S+:\d+/m);
  });
});
