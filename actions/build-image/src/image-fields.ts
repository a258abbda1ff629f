import { isMap } from '@hospital-ops/action-kit/is-map';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { parseImageReference } from '@hospital-ops/registry-client/image-reference';
import { isDigest, isRepository, isTag } from '@hospital-ops/registry-client/reference';
import type { ImageSpec } from './image.ts';
import { problemOfPlatform } from './platforms.ts';
import { isContentTag, isTagTemplate } from './tags.ts';

export type Problem = (key: string, expected: string, value?: string) => void;

/** What an entry of `images`, or the inputs of a single image, say. */
export type ImageFields = { readonly [K in keyof Omit<ImageSpec, 'name'>]?: ImageSpec[K] };

export const ENTRY_KEYS = [
  'repository',
  'context',
  'dockerfile',
  'target',
  'build-args',
  'build-secrets',
  'platforms',
  'labels',
  'tags',
  'promote-from',
  'skip-unchanged',
];

const isAbsent = (raw: unknown): boolean => raw === undefined || raw === null || raw === '';

const scalar = (raw: unknown): string | undefined =>
  typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : undefined;

const shown = (raw: unknown): string => `"${neutralizeToLine(scalar(raw) ?? JSON.stringify(raw), 200)}"`;

const oneLine = (key: string, raw: unknown, problem: Problem): string | undefined => {
  const value = scalar(raw)?.trim();
  if (value !== undefined && value !== '' && !/[\r\n]/.test(value)) return value;
  problem(key, 'expected one line of text');
  return undefined;
};

const wordsOf = (key: string, raw: unknown, problem: Problem): string[] => {
  const words = Array.isArray(raw) ? raw.map(scalar) : scalar(raw)?.split(/[\s,]+/);
  if (words?.every((word) => word !== undefined)) return [...new Set(words.filter((word) => word !== ''))];
  problem(key, 'expected words, one per line or separated by commas, or a list of them');
  return [];
};

/** `NAME=value` lines, or a mapping; values are not shown in problems. */
const pairsOf = (key: string, raw: unknown, problem: Problem): Map<string, string> => {
  if (isMap(raw)) {
    const pairs = Object.entries(raw).map(([name, value]) => [name, scalar(value)] as const);
    for (const [name, value] of pairs) if (value === undefined) problem(key, `the value of ${name} is no text`);
    return new Map(pairs.map(([name, value]) => [name, value ?? '']));
  }
  const lines = typeof raw === 'string' ? raw.split(/\r?\n/).filter((line) => line.trim() !== '') : undefined;
  if (lines === undefined) problem(key, 'expected NAME=value lines or a mapping');
  return new Map(
    (lines ?? []).map((line, index) => {
      const at = line.indexOf('=');
      if (at < 1) problem(key, `line ${index + 1} is not NAME=value`);
      return [line.slice(0, Math.max(at, 0)).trim(), line.slice(at + 1)];
    }),
  );
};

const tagsOf = (raw: unknown, problem: Problem): string[] => {
  const tags = wordsOf('tags', raw, problem);
  for (const tag of tags) {
    if (!isTag(tag) && !isTagTemplate(tag))
      problem(
        'tags',
        `${shown(tag)} is no tag: letters, digits, _ . -, at most 128, not first . or -; or one of {sha}, {version}, {major}.{minor}, {major}`,
      );
    if (isContentTag(tag)) problem('tags', `${shown(tag)} begins like the tags of content hashes`);
  }
  return tags;
};

/** `id=VARIABLE` lines, or `VARIABLE` for both; a mapping too. What they hold is never shown. */
const secretsOf = (raw: unknown, problem: Problem): Map<string, string> => {
  const lines = typeof raw === 'string' ? raw.replace(/^[ \t]*([A-Za-z_]\w*)[ \t]*$/gm, '$1=$1') : raw;
  const secrets = pairsOf('build-secrets', lines, problem);
  for (const [id, variable] of secrets) {
    if (!/^[\w.-]+$/.test(id)) problem('build-secrets', 'an id holds letters, digits, _ . - alone');
    if (!/^[A-Za-z_]\w*$/.test(variable.trim())) {
      problem('build-secrets', `${id}: expected the name of an environment variable (set it in the step's \`env:\`)`);
    }
  }
  return new Map([...secrets].map(([id, variable]) => [id, variable.trim()]));
};

const platformsOf = (raw: unknown, problem: Problem): string[] => {
  const platforms = wordsOf('platforms', raw, problem);
  for (const platform of platforms) {
    const wrong = problemOfPlatform(platform);
    if (wrong !== undefined) problem('platforms', `${shown(platform)} ${wrong}`);
  }
  return platforms;
};

const booleanOf = (key: string, raw: unknown, problem: Problem): boolean => {
  if (typeof raw === 'boolean') return raw;
  problem(key, 'expected true or false');
  return false;
};

const isSource = (text: string): boolean =>
  isTag(text) || isDigest(text) || (/[/:@]/.test(text) && parseImageReference(text, 'localhost') !== undefined);

const REPOSITORY_FORM =
  'expected lower-case letters and digits with single . _ - or / between them, no registry before and no tag behind';

/** Returns the fields that are there; each problem names its key. */
export const parseImageFields = (raw: Readonly<Record<string, unknown>>, problem: Problem): ImageFields => {
  const read = <T>(key: string, parse: (value: unknown) => T): T | undefined =>
    isAbsent(raw[key]) ? undefined : parse(raw[key]);
  const text = (key: string) => read(key, (value) => oneLine(key, value, problem));
  const repository = text('repository');
  if (repository !== undefined && !isRepository(repository))
    problem('repository', `${shown(repository)} is no repository: ${REPOSITORY_FORM}`);
  const promoteFrom = text('promote-from');
  if (promoteFrom !== undefined && !isSource(promoteFrom)) {
    problem(
      'promote-from',
      `${shown(promoteFrom)} is neither a tag nor a digest (sha256:…) nor an image of a repository`,
    );
  }
  const fields = {
    repository,
    context: text('context'),
    dockerfile: text('dockerfile'),
    target: text('target'),
    buildArgs: read('build-args', (value) => pairsOf('build-args', value, problem)),
    secrets: read('build-secrets', (value) => secretsOf(value, problem)),
    platforms: read('platforms', (value) => platformsOf(value, problem)),
    labels: read('labels', (value) => pairsOf('labels', value, problem)),
    tags: read('tags', (value) => tagsOf(value, problem)),
    promoteFrom,
    skipUnchanged: read('skip-unchanged', (value) => booleanOf('skip-unchanged', value, problem)),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ImageFields;
};

const merged = (a: ReadonlyMap<string, string> | undefined, b: ReadonlyMap<string, string> | undefined) =>
  new Map([...(a ?? []), ...(b ?? [])]);

/** Returns the image of `own` fields over `defaults`; build arguments and labels of both are taken together. */
export const completeImage = (
  name: string,
  defaults: ImageFields,
  own: ImageFields,
  problem: Problem,
): ImageSpec | undefined => {
  const all = { ...defaults, ...own };
  if (all.repository === undefined) {
    problem('repository', 'is required');
    return undefined;
  }
  const context = all.context ?? '.';
  return {
    name,
    repository: all.repository,
    context,
    dockerfile: all.dockerfile ?? `${context}/Dockerfile`,
    target: all.target,
    buildArgs: merged(defaults.buildArgs, own.buildArgs),
    secrets: merged(defaults.secrets, own.secrets),
    platforms: all.platforms ?? [],
    labels: merged(defaults.labels, own.labels),
    tags: all.tags,
    promoteFrom: all.promoteFrom,
    skipUnchanged: all.skipUnchanged ?? true,
  };
};
