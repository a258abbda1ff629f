import type { MessageInputs } from '@hospital-ops/chat/compose';
import { composeMessage } from '@hospital-ops/chat/compose';
import type { ServiceChange } from '@hospital-ops/chat/message';
import { changelogTitle, isQuiet, quietWords, serviceLines, servingWords } from '@hospital-ops/chat/wording';
import { describe, expect, test } from '@jest/globals';

const revision = (number: number, version?: string) => ({ taskDefinition: `ward-api:${number}`, version });
const SERVICE: ServiceChange = {
  name: 'api',
  outcome: 'deployed',
  reason: undefined,
  old: revision(41, '1.0.0'),
  new: revision(42, '1.1.0'),
  serving: revision(42, '1.1.0'),
  log: [],
  durationSeconds: 62,
};

test.each([
  [12, 0, '12 changes since v1.0.0'],
  [1, 0, '1 change since v1.0.0'],
  [0, 0, 'No change since v1.0.0'],
  [0, 3, 'Back from v1.0.0, without 3 changes that it had'],
  [2, 1, '2 changes since v1.0.0, without 1 change that it had'],
])('%i commits more and %i less: %s', (total, behind, words) => {
  expect(changelogTitle({ from: 'v1.0.0', entries: [], total, behind, url: undefined })).toBe(words);
});

test.each<[string, Partial<ServiceChange>, string]>([
  ['what changed and how long it took', {}, '1.0.0 → 1.1.0, deployed after 1m02s'],
  [
    'revisions where no version is known',
    { old: revision(41), new: revision(42) },
    'ward-api:41 → ward-api:42, deployed after 1m02s',
  ],
  ['what it runs where nothing changed', { outcome: 'unchanged' }, 'nothing to change (1.1.0)'],
  ['a first deployment without what was before', { old: undefined, durationSeconds: undefined }, '1.1.0, deployed'],
])('a service that went well is told by %s', (_, change, words) => {
  expect(quietWords({ ...SERVICE, ...change })).toBe(words);
});

test.each<[string, Partial<ServiceChange>, boolean]>([
  ['went well', {}, true],
  ['went well with a warning', { reason: 'it has no health check' }, false],
  ['is paused', { outcome: 'paused' }, false],
  ['is lost from sight', { outcome: 'unknown' }, false],
])('one line is enough for a service that %s: %#', (_, change, quiet) => {
  expect(isQuiet({ ...SERVICE, ...change })).toBe(quiet);
});

test('a revision of the same family is not spelled out twice, and a side that nobody knows is not invented', () => {
  expect(serviceLines(SERVICE)[0]).toBe('1.0.0 (ward-api:41) → 1.1.0 (:42)');
  expect(serviceLines({ ...SERVICE, old: undefined, serving: undefined })).toEqual([
    'not known → 1.1.0 (ward-api:42)',
    'Serving now: not known',
  ]);
});

test('what serves is told by version', () => {
  const services = [SERVICE, { ...SERVICE, name: 'worker', serving: undefined }, { ...SERVICE, name: 'web' }];
  expect(servingWords(services)).toBe('1.1.0 (api, web), not known (worker)');
});

describe('a message', () => {
  const INPUTS: MessageInputs = {
    status: 'in-progress',
    stage: 'deploying (2/3)',
    title: undefined,
    text: undefined,
    fields: [],
    environment: 'production',
    version: '1.1.0',
    sha: undefined,
    url: undefined,
    result: undefined,
    messageIds: undefined,
    unusable: undefined,
    doubts: [],
    thread: false,
    mentions: [],
    changelogFrom: undefined,
    duration: undefined,
    failedJobs: true,
    failOnError: false,
  };
  const RUN = {
    repository: 'rivercare/ward',
    workflow: '',
    refName: 'main',
    sha: '',
    actor: '',
    runNumber: undefined,
    runUrl: undefined,
    serverUrl: '',
  };
  const NOTHING = { services: [], failedJobs: [], changelog: undefined, time: undefined };
  const TIMED = { ...NOTHING, time: { of: 'release' as const, seconds: 134 } };

  test('under way says its stage and how long it takes so far', () => {
    const { title, fields } = composeMessage(INPUTS, RUN, TIMED);
    expect(title).toBe('ward 1.1.0 → production: deploying (2/3)');
    expect(fields).toEqual([expect.objectContaining({ name: 'Duration', value: '2m14s so far' })]);
  });

  test.each([
    ['release', 'Duration'],
    ['run', 'Run took'],
  ] as const)('says of a %s how long it took by a name of its own', (of, name) => {
    const { fields } = composeMessage({ ...INPUTS, status: 'deployed' }, RUN, {
      ...NOTHING,
      time: { of, seconds: 134 },
    });
    expect(fields).toEqual([expect.objectContaining({ name, value: '2m14s' })]);
  });

  test('that is over says what became of it, whatever the stage was', () => {
    expect(composeMessage({ ...INPUTS, status: 'failure' }, RUN, NOTHING).title).toMatch(/: failed$/);
  });

  test('keeps its outcome in the title however long the version is', () => {
    const { title } = composeMessage({ ...INPUTS, status: 'timeout', version: 'v'.repeat(900) }, RUN, NOTHING);
    expect(title).toMatch(/… → production: timed out$/);
    expect(title.length).toBeLessThan(150);
  });

  test('of a title of its own says outcome, environment and version as facts', () => {
    const { fields } = composeMessage({ ...INPUTS, title: 'Night release', status: 'success' }, RUN, TIMED);
    expect(fields.map(({ value }) => value)).toEqual(['succeeded', 'production', '1.1.0', '2m14s']);
  });

  test('tells the worst service first, and of those the one that has a log', () => {
    const services = [SERVICE, { ...SERVICE, name: 'web', outcome: 'rolled-back' as const }].concat([
      { ...SERVICE, name: 'db', outcome: 'rolled-back', log: ['x'] },
    ]);
    expect(composeMessage(INPUTS, RUN, { ...NOTHING, services }).services.map(({ name }) => name)).toEqual([
      'db',
      'web',
      'api',
    ]);
  });
});
