import { OpsError, ToolError } from '@hospital-ops/action-kit/errors';
import { describe, expect, test } from '@jest/globals';
import { HOST, SHA, World } from './world.ts';

const api = { repository: 'hospital-ops-api' };

describe('build', () => {
  test('a new content is built, pushed, seen in the registry, and tagged with commit and version', async () => {
    const world = new World();
    world.source = { ...world.source, version: '1.1.0' };
    const { outputs, failure } = await world.run(api);
    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ result: 'built', revision: SHA, tags: JSON.stringify([SHA, '1.1.0']) });
    expect(outputs.image).toBe(`${HOST}/hospital-ops-api@${outputs.digest}`);
    expect(JSON.parse(outputs.images ?? '')).toEqual({ 'hospital-ops-api': outputs.image });
    const tags = world.tagsOf('hospital-ops-api');
    expect(tags).toMatchObject({ [SHA]: outputs.digest, '1.1.0': outputs.digest });
    expect(Object.keys(tags)).toContain(`content-${outputs['content-hash']}`);
  });

  test('the image says where it comes from, and the user has the last word', async () => {
    const world = new World();
    await world.run({ ...api, labels: 'team=core\norg.opencontainers.image.source=elsewhere' });
    expect(Object.fromEntries(world.builds[0]?.labels ?? [])).toEqual({
      'org.opencontainers.image.created': '2026-01-01T00:00:00.000Z',
      'org.opencontainers.image.revision': SHA,
      'org.opencontainers.image.source': 'elsewhere',
      team: 'core',
    });
  });

  test('a missing repository is created, or its absence is the error', async () => {
    const world = new World();
    expect((await world.run(api)).log.join('\n')).toContain('repository hospital-ops-api was created');
    const refused = await new World().run({ ...api, 'create-repository': 'false' });
    expect(refused.failure?.what).toContain('"hospital-ops-api" does not exist');
    expect(refused.outputs.image).toBe('');
  });

  test('a digest that the registry does not have is never handed on', async () => {
    const world = new World();
    world.reported = `sha256:${'0'.repeat(64)}`;
    const { failure, outputs } = await world.run(api);
    expect(failure?.what).toContain('is not what the builder reported');
    expect(outputs).toMatchObject({ image: '', digest: '', result: '', images: '{}' });
  });

  test('without push no registry is asked and no digest is claimed', async () => {
    const world = new World();
    const { outputs } = await world.run({ ...api, push: 'false' });
    expect(outputs).toMatchObject({ result: 'built', image: '', digest: '', images: '{}' });
    expect(world.logins).toBe(0);
    expect(world.builds[0]?.push).toBe(false);
  });
});

describe('unchanged', () => {
  test('the same content is not built again; the tags go onto the same digest', async () => {
    const world = new World();
    const first = await world.run(api);
    world.source = { revision: 'd'.repeat(40), version: '1.1.0' };
    const second = await world.run(api);
    expect(second.outputs).toMatchObject({ result: 'skipped', digest: first.outputs.digest, revision: SHA });
    expect(world.builds).toHaveLength(1);
    expect(world.logins).toBe(1);
    expect(world.tagsOf('hospital-ops-api')).toMatchObject({ '1.1.0': first.outputs.digest });
  });

  test('running the same again changes nothing and succeeds', async () => {
    const world = new World();
    await world.run(api);
    const tags = world.tagsOf('hospital-ops-api');
    expect((await world.run(api)).outputs.result).toBe('skipped');
    expect(world.tagsOf('hospital-ops-api')).toEqual(tags);
  });

  test('another content is built', async () => {
    const world = new World();
    await world.run({ ...api, tags: 'a' });
    world.content.set('hospital-ops-api', 'other');
    expect((await world.run({ ...api, tags: 'b' })).outputs.result).toBe('built');
  });

  test('when two jobs build the same content at once, the later takes what the first pushed', async () => {
    const world = new World();
    let other = '';
    world.beforePush = ({ reference }) => {
      const tag = reference.split(':').at(-1) ?? '';
      other = world.push('hospital-ops-api', 'first', [tag], { 'org.opencontainers.image.revision': 'e'.repeat(40) });
      const stderrTail = `ERROR: failed to push ${reference}: unexpected status from PUT request: 400 Bad Request: tag invalid: immutable`;
      throw new ToolError({ what: 'failed', command: 'docker', exitCode: 1, stderrTail });
    };
    const { outputs } = await world.run(api);
    expect(outputs).toMatchObject({ result: 'skipped', digest: other, revision: 'e'.repeat(40) });
  });

  test('a rebuild that was asked for is built in spite of its content', async () => {
    const world = new World();
    await world.run({ ...api, tags: '1' });
    const { outputs } = await world.run({ ...api, tags: '2', 'skip-unchanged': 'false' });
    expect(outputs.result).toBe('built');
    expect(world.tagsOf('hospital-ops-api')['2']).toBe(outputs.digest);
  });
});

describe('promote', () => {
  test.each(['a tag', 'a digest'])('by %s: the same digest under new tags, and no builder', async (by) => {
    const world = new World();
    world.source = { revision: SHA, version: '1.1.0' };
    const labels = { 'org.opencontainers.image.revision': 'f'.repeat(40) };
    const digest = world.push('hospital-ops-api', 'staging', ['staging-7'], labels);
    const { outputs } = await world.run({ ...api, 'promote-from': by === 'a tag' ? 'staging-7' : digest });
    expect(outputs).toMatchObject({ result: 'promoted', digest, revision: 'f'.repeat(40), 'content-hash': '' });
    expect(world.tagsOf('hospital-ops-api')).toMatchObject({ [SHA]: digest, '1.1.0': digest });
    expect(world.builds).toEqual([]);
  });

  test('of nothing is an error that says what to do', async () => {
    const world = new World();
    world.repository('hospital-ops-api');
    const { failure } = await world.run({ ...api, 'promote-from': SHA });
    expect(failure?.what).toContain(`there is no "${SHA}" to promote`);
    expect(failure?.next).toContain('run the build of that commit first');
  });
});

describe('a tag that may not move', () => {
  test('on another digest is an error that names both, and nothing is tagged', async () => {
    const world = new World();
    const old = world.push('hospital-ops-api', 'old', ['1.0.0']);
    const wanted = world.push('hospital-ops-api', 'new', ['staging']);
    const { failure } = await world.run({ ...api, 'promote-from': 'staging', tags: 'fresh,1.0.0' });
    expect(failure?.what).toContain(old);
    expect(failure?.what).toContain(wanted);
    expect(world.tagsOf('hospital-ops-api')).toEqual({ '1.0.0': old, staging: wanted });
  });

  test('is refused before a build that could not be tagged', async () => {
    const world = new World();
    const old = world.push('hospital-ops-api', 'old', ['1.0.0']);
    const { failure } = await world.run({ ...api, tags: '1.0.0' });
    expect(failure?.what).toContain(`it is on ${old}`);
    expect(world.builds).toEqual([]);
  });

  test('in a repository where only some tags move, the registry decides', async () => {
    const world = new World();
    world.repository('hospital-ops-api', 'with-exclusion');
    const old = world.push('hospital-ops-api', 'old', ['1.0.0']);
    const { failure } = await world.run({ ...api, tags: '1.0.0' });
    expect(failure?.what).toContain(`it is on ${old}`);
    expect(world.tagsOf('hospital-ops-api')['1.0.0']).toBe(old);
  });

  test('moves where the repository lets tags move', async () => {
    const world = new World();
    world.repository('hospital-ops-api', 'mutable');
    world.push('hospital-ops-api', 'old', ['edge']);
    const { outputs } = await world.run({ ...api, tags: 'edge' });
    expect(world.tagsOf('hospital-ops-api').edge).toBe(outputs.digest);
  });
});

describe('many images', () => {
  const images = 'api: {repository: r-api}\nweb: {repository: r-web}\nworker: {repository: r-worker}';

  test('each has its result under its name', async () => {
    const world = new World();
    const { outputs, results } = await world.run({ images });
    expect(Object.keys(JSON.parse(outputs.images ?? '') as object)).toEqual(['api', 'web', 'worker']);
    expect(Object.values(results).map(({ result }) => result)).toEqual(['built', 'built', 'built']);
    expect(outputs.image).toBe('');
    expect(world.logins).toBe(1);
  });

  test('one that fails hides no other: outputs hold those that succeeded, and the step fails', async () => {
    const world = new World();
    world.beforePush = ({ reference }) => {
      if (reference.includes('r-web')) throw new OpsError({ what: 'RUN npm ci failed.' });
    };
    const { outputs, failure, results, summary } = await world.run({ images });
    expect(Object.keys(JSON.parse(outputs.images ?? '') as object)).toEqual(['api', 'worker']);
    expect(results.web).toMatchObject({ result: 'failed', reason: 'RUN npm ci failed.' });
    expect(failure?.what).toBe('1 of 3 images failed.');
    expect(failure?.why).toContain('web: RUN npm ci failed.');
    expect(summary).toContain('<b>failed</b>');
  });

  test('all that fail are named', async () => {
    const world = new World();
    world.beforePush = ({ reference }) => {
      throw new OpsError({ what: `no ${reference.includes('r-web') ? 'web' : 'other'}.` });
    };
    const { failure } = await world.run({ images });
    expect(failure?.why?.match(/no other\./g)).toHaveLength(2);
    expect(failure?.why).toContain('web: no web.');
  });

  test('their logs are not mixed', async () => {
    const world = new World();
    world.beforePush = async ({ reference, onLine }) => {
      const name = /r-(\w+)/.exec(reference)?.[1] ?? '';
      for (let step = 1; step <= 3; step += 1) {
        onLine(`${name} step ${step}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const { log } = await world.run({ images, 'max-parallel': '3' });
    const steps = log.filter((line) => / step /.test(line)).map((line) => line.split(' ')[0]);
    expect(steps.filter((name, index) => name !== steps[index - 1])).toHaveLength(3);
  });

  test('no more run at once than max-parallel says', async () => {
    const world = new World();
    let running = 0;
    let most = 0;
    world.beforePush = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    await world.run({ images, 'max-parallel': '2' });
    expect(most).toBe(2);
  });
});

describe('dry run', () => {
  test('of a new image: nothing is created, built or claimed', async () => {
    const world = new World();
    const { outputs, results, failure } = await world.run({ ...api, 'dry-run': 'true' });
    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ result: '', image: '', images: '{}' });
    expect(results['hospital-ops-api']).toMatchObject({ result: 'planned', plan: 'build' });
    expect([world.repositories.size, world.builds.length, world.logins]).toEqual([0, 0, 0]);
  });

  test('of an unchanged one or a promotion: the digest is there, and no tag is put', async () => {
    const world = new World();
    const { outputs } = await world.run({ ...api, tags: 'one' });
    const before = world.tagsOf('hospital-ops-api');
    for (const [given, plan] of [
      [{}, 'skip'],
      [{ 'promote-from': 'one' }, 'promote'],
    ] as const) {
      const dry = await world.run({ ...api, tags: 'two', 'dry-run': 'true', ...given });
      expect(dry.results['hospital-ops-api']).toMatchObject({ plan, digest: outputs.digest });
    }
    expect(world.tagsOf('hospital-ops-api')).toEqual(before);
  });

  test('finds a tag that may not move', async () => {
    const world = new World();
    world.push('hospital-ops-api', 'old', ['1.0.0']);
    expect((await world.run({ ...api, tags: '1.0.0', 'dry-run': 'true' })).failure?.what).toContain('is taken');
  });
});

test('a cancelled run is a failure, and the builder is tidied up', async () => {
  const world = new World();
  const controller = new AbortController();
  world.beforePush = () => {
    controller.abort();
    throw new Error('stopped');
  };
  const { failure, outputs } = await world.run(api, controller.signal);
  expect(failure?.name).toBe('CancelledError');
  expect(outputs.result).toBe('');
  expect(world.closed).toBe(1);
});
