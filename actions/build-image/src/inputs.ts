import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { nearest, parseInputs } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { isRegistryHost } from '@hospital-ops/registry-client/reference';
import { CACHES } from './builder.ts';
import type { Attestations, ImageSpec } from './image.ts';
import { PROVENANCE } from './image.ts';
import type { ImageFields, Problem } from './image-fields.ts';
import { completeImage, ENTRY_KEYS, parseImageFields } from './image-fields.ts';
import { readScanRules } from './scan-inputs.ts';
import type { ScanRules } from './scan-rules.ts';
import { DEFAULT_TAGS } from './tags.ts';

export const REGISTRY_AUTHS = ['ecr', 'none', 'docker'] as const;

export interface BuildImageInputs {
  /** Never empty; names are unique. */
  readonly images: readonly ImageSpec[];
  readonly registry?: string | undefined;
  readonly registryAuth: (typeof REGISTRY_AUTHS)[number];
  readonly createRepository: boolean;
  readonly kmsKey?: string | undefined;
  /** JSON. */
  readonly lifecyclePolicy?: string | undefined;
  readonly push: boolean;
  readonly cache: (typeof CACHES)[number];
  readonly resolveBaseImages: boolean;
  readonly attestations: Attestations;
  readonly scan: ScanRules;
  readonly maxParallel?: number | undefined;
  readonly dryRun: boolean;
}

const parseEntry = (name: string, raw: unknown, defaults: ImageFields, reader: InputReader): ImageSpec | undefined => {
  const problem: Problem = (key, expected) => reader.problem('images', `${name}: ${key}: ${expected}`);
  if (!isMap(raw)) {
    reader.problem('images', `${name}: expected a mapping with at least a repository`);
    return undefined;
  }
  for (const key of Object.keys(raw)) {
    if (ENTRY_KEYS.includes(key)) continue;
    const near = nearest(key, ENTRY_KEYS);
    problem(key, `is no property of an image${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  return completeImage(name, defaults, parseImageFields(raw, problem), problem);
};

/** Two images that would be pushed to one tag overwrite each other. */
const refuseSharedTags = (images: readonly ImageSpec[], reader: InputReader): void => {
  const owners = new Map<string, string>();
  for (const { name, repository, tags } of images) {
    for (const tag of tags ?? DEFAULT_TAGS) {
      const key = `${repository}:${tag}`;
      const owner = owners.get(key);
      if (owner !== undefined) reader.problem('images', `${owner} and ${name} would both be ${repository}:${tag}`);
      owners.set(key, name);
    }
  }
};

const parseEntries = (raw: unknown, fields: ImageFields, reader: InputReader): ImageSpec[] => {
  if (!isMap(raw) || Object.keys(raw).length === 0) {
    reader.problem('images', 'expected a mapping of names to images, with at least one');
    return [];
  }
  if (fields.repository !== undefined) reader.problem('repository', 'give it to each of the `images` instead');
  const images = Object.entries(raw).flatMap(([name, entry]) => parseEntry(name, entry, fields, reader) ?? []);
  refuseSharedTags(images, reader);
  return images;
};

const parseImages = (reader: InputReader): readonly ImageSpec[] => {
  const entries = reader.structured('images', 'as-written');
  const problem: Problem = (key, expected, value) => reader.problem(key, expected, value);
  const fields = parseImageFields(
    {
      repository: reader.text('repository'),
      context: reader.text('context'),
      dockerfile: reader.text('dockerfile'),
      target: reader.text('target'),
      'build-args': reader.text('build-args'),
      'build-secrets': reader.text('build-secrets'),
      platforms: reader.text('platforms'),
      labels: reader.text('labels'),
      tags: reader.text('tags'),
      'promote-from': reader.text('promote-from'),
      'skip-unchanged': reader.bool('skip-unchanged'),
    },
    problem,
  );
  if (entries !== undefined) return parseEntries(entries, fields, reader);
  const image = completeImage(fields.repository ?? '', fields, {}, problem);
  return image ? [image] : [];
};

/** ECR takes JSON; people write YAML. */
const readLifecyclePolicy = (reader: InputReader): string | undefined => {
  const policy = reader.structured('lifecycle-policy');
  if (policy === undefined) return undefined;
  if (!isMap(policy) || !Array.isArray(policy.rules)) {
    reader.problem('lifecycle-policy', 'expected a lifecycle policy of ECR: {rules: [...]}');
  }
  return JSON.stringify(policy);
};

/** What needs a registry cannot be had of an image that goes to none. */
const refuseWithoutPush = ({
  images,
  attestations,
  scan,
}: Pick<BuildImageInputs, 'images' | 'attestations' | 'scan'>) => [
  ...(images.some(({ promoteFrom }) => promoteFrom !== undefined)
    ? ['a promotion, which changes nothing but the registry']
    : []),
  ...(scan.gate === 'none' ? [] : ['`scan-gate`: the registry scans']),
  ...(attestations.provenance === 'none' && !attestations.sbom ? [] : ['attestations, which lie in the registry']),
];

const read = (reader: InputReader): BuildImageInputs => {
  const images = parseImages(reader);
  const registry = reader.text('registry');
  const registryAuth = reader.oneOf('registry-auth', REGISTRY_AUTHS) ?? 'ecr';
  const push = reader.bool('push');
  if (registry !== undefined && !isRegistryHost(registry)) {
    reader.problem('registry', 'expected host or host:port, without a scheme', registry);
  }
  if (registry === undefined && registryAuth !== 'ecr' && push) {
    reader.problem('registry', 'is required unless `registry-auth` is ecr');
  }
  const attestations = {
    provenance: reader.oneOf('provenance', PROVENANCE) ?? 'none',
    sbom: reader.bool('sbom'),
  };
  const scan = readScanRules(reader);
  if (!push) {
    for (const what of refuseWithoutPush({ images, attestations, scan })) {
      reader.problem('push', `must be true for ${what}`, 'false');
    }
  }
  if (scan.gate !== 'none' && registryAuth !== 'ecr') {
    reader.problem('scan-gate', 'needs `registry-auth: ecr`: no other registry scans', scan.gate);
  }
  return {
    images,
    registry,
    registryAuth,
    createRepository: reader.bool('create-repository'),
    kmsKey: reader.text('kms-key'),
    lifecyclePolicy: readLifecyclePolicy(reader),
    push,
    cache: reader.oneOf('cache', CACHES) ?? 'registry',
    resolveBaseImages: reader.bool('resolve-base-images'),
    attestations,
    scan,
    maxParallel: reader.integer('max-parallel', { min: 1, max: 100 }),
    dryRun: reader.bool('dry-run'),
  };
};

/** Returns at least one image, or throws an InputError with every problem found. */
export const parseBuildImageInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): BuildImageInputs =>
  parseInputs(raw, readFile, read);
