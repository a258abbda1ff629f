import { describe, expect, test } from '@jest/globals';
import { versionOfRef } from '../../actions/build-image/src/tags.ts';
import { parseInputs } from './world.ts';

const problemsOf = (given: Record<string, string>): string => {
  try {
    parseInputs(given);
    return '';
  } catch (error) {
    return (error as { problems: readonly string[] }).problems.join('\n');
  }
};

describe('images', () => {
  test('inputs are the defaults of every image; arguments and labels are taken together', () => {
    const { images } = parseInputs({
      images: '{api: {repository: r-api, context: apps/api, build-args: {A: own, N: 3.10}}, web: {repository: r-web}}',
      'build-args': 'A=all\nB=x=y',
      tags: 'one, two',
    });
    expect(images.map(({ name, context, dockerfile }) => [name, context, dockerfile])).toEqual([
      ['api', 'apps/api', 'apps/api/Dockerfile'],
      ['web', '.', './Dockerfile'],
    ]);
    expect(images.map(({ buildArgs }) => Object.fromEntries(buildArgs))).toEqual([
      { A: 'own', B: 'x=y', N: '3.10' },
      { A: 'all', B: 'x=y' },
    ]);
    expect(images[0]?.tags).toEqual(['one', 'two']);
  });

  test('what looks like a number is the text that it is written as', () => {
    const { images } = parseInputs({ images: 'api:\n  repository: r\n  tags: [1.10, 0123, 1e3]\n  labels: {v: 2.0}' });
    expect(images[0]?.tags).toEqual(['1.10', '0123', '1e3']);
    expect(images[0]?.labels).toEqual(new Map([['v', '2.0']]));
  });

  test('JSON works as well as YAML', () => {
    expect(parseInputs({ images: '{"api":{"repository":"r","tags":["a","b"]}}' }).images[0]?.tags).toEqual(['a', 'b']);
  });
});

describe('what cannot be meant is an input error', () => {
  test.each<[string, Record<string, string>, string]>([
    ['no image', {}, '`repository`: is required'],
    ['no image in the mapping', { images: '{}' }, 'with at least one'],
    ['a list of images', { images: '[a]' }, 'expected a mapping'],
    ['an image without a repository', { images: '{api: {context: x}}' }, 'api: repository: is required'],
    ['an unknown property', { images: '{api: {repository: r, contxt: x}}' }, 'did you mean context?'],
    ['a repository for all images', { images: '{api: {repository: r}}', repository: 'r' }, 'give it to each'],
    ['a repository that is none', { repository: 'Hospital Ops' }, 'is no repository: expected lower-case letters'],
    ['a tag that is none', { repository: 'r', tags: 'ok, -x' }, '"-x" is no tag'],
    ['a tag of content', { repository: 'r', tags: 'content-abc' }, 'begins like the tags of content'],
    ['an argument without a name', { repository: 'r', 'build-args': '=x' }, 'line 1 is not NAME=value'],
    ['a registry with a scheme', { repository: 'r', registry: 'https://r.io' }, 'without a scheme'],
    ['no registry for no login', { repository: 'r', 'registry-auth': 'none' }, '`registry`: is required'],
    ['an unknown login', { repository: 'r', 'registry-auth': 'gcr' }, 'expected one of ecr, none, docker'],
    ['a promotion of nothing that is a name', { repository: 'r', 'promote-from': 'a b' }, 'neither a tag nor a digest'],
    ['a promotion without a push', { repository: 'r', 'promote-from': 'a', push: 'false' }, 'must be true'],
    ['no builds at once', { repository: 'r', 'max-parallel': '0' }, 'between 1 and 100'],
    ['a boolean that is none', { repository: 'r', push: 'yes' }, 'expected true or false'],
    ['an unknown platform', { repository: 'r', platforms: 'linux/amd64,linux/x86_64' }, 'did you mean linux/amd64?'],
    ['a platform without a system', { repository: 'r', platforms: 'arm64' }, 'expected os/architecture'],
    ['a secret by its value', { repository: 'r', 'build-secrets': 'npm=s3cr3t/value' }, 'expected the name of an'],
    ['an unknown cache', { repository: 'r', cache: 's3' }, 'expected one of registry, gha, inline, none'],
    ['a placeholder that is none', { repository: 'r', tags: '{branch}' }, '"{branch}" is no tag'],
    ['a lifecycle policy that is none', { repository: 'r', 'lifecycle-policy': '[]' }, 'expected a lifecycle policy'],
    ['an unknown gate', { repository: 'r', 'scan-gate': 'low' }, 'expected one of none, critical, high, medium'],
    [
      'a gate without a scanner',
      { repository: 'r', registry: 'r.io', 'registry-auth': 'none', 'scan-gate': 'high' },
      'ecr',
    ],
    ['a gate without a push', { repository: 'r', 'scan-gate': 'high', push: 'false' }, 'the registry scans'],
    ['an attestation without a push', { repository: 'r', sbom: 'true', push: 'false' }, 'attestations'],
    [
      'an ignored finding for ever',
      { repository: 'r', 'scan-ignore': '[{id: CVE-1, reason: x}]' },
      'is required, a day',
    ],
    [
      'an ignored finding without a reason',
      { repository: 'r', 'scan-ignore': '[{id: CVE-1, expires: 2027-01-01}]' },
      'why',
    ],
    [
      'a day that is none',
      { repository: 'r', 'scan-ignore': '[{id: C, reason: x, expires: 2027-02-30}]' },
      'a day such',
    ],
    [
      'two images under one tag, one by default',
      { images: '{a: {repository: r}, b: {repository: r, tags: "{sha}"}}' },
      'a and b would both be r:{sha}',
    ],
    ['two images under one tag', { images: '{a: {repository: r}, b: {repository: r}}' }, 'a and b would both be r:'],
  ])('%s', (_, given, problem) => {
    expect(problemsOf(given)).toContain(problem);
  });

  test('a value in the place of a variable is not repeated', () => {
    expect(problemsOf({ repository: 'r', 'build-secrets': 'npm=s3cr3t/value' })).not.toContain('s3cr3t');
  });

  test('two images may share a repository under different tags', () => {
    expect(problemsOf({ images: '{a: {repository: r, tags: a}, b: {repository: r, tags: b}}' })).toBe('');
  });
});

test.each([
  ['refs/tags/v1.2.3', '1.2.3'],
  ['refs/tags/v1.2.3-rc.1', '1.2.3-rc.1'],
  ['refs/tags/v1.2.3+build.5', '1.2.3-build.5'],
  ['refs/tags/v1.2', undefined],
  ['refs/tags/1.2.3', undefined],
  ['refs/tags/vacation', undefined],
  ['refs/heads/v1.2.3', undefined],
  ['', undefined],
])('%s is version %p', (ref, version) => {
  expect(versionOfRef(ref)).toBe(version);
});
