import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { parseDockerignore } from '@hospital-ops/git/dockerignore';
import type { BaseImage, ResolveBase } from './base-images.ts';
import { resolveBases } from './base-images.ts';
import type { ContextEntry } from './context-files.ts';
import { contextEntries } from './context-files.ts';
import type { Attestations, ImageSpec } from './image.ts';
import type { Content } from './work.ts';

/** Raised when what goes into the hash changes, so that old images are not taken for new ones. */
const FORMAT = 'build-image content hash v2';

/** Everything that the content of an image depends on. */
export interface Ingredients {
  readonly spec: Pick<ImageSpec, 'target' | 'buildArgs' | 'secrets' | 'platforms' | 'labels'>;
  readonly attestations: Attestations;
  readonly bases: readonly BaseImage[];
  readonly dockerfile: string;
  readonly entries: readonly ContextEntry[];
}

const sorted = (map: ReadonlyMap<string, string>): Array<readonly [string, string]> =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** Returns the hash (64 hexadecimal digits). Each value is delimited, so that no two sets of ingredients run together. */
export const hashIngredients = ({ spec, attestations, bases, dockerfile, entries }: Ingredients): string => {
  const hash = createHash('sha256').update(FORMAT);
  const add = (value: unknown) => hash.update('\n').update(JSON.stringify(value));
  add(dockerfile);
  add(spec.target ?? null);
  add(sorted(spec.buildArgs));
  add([...spec.platforms].sort());
  add(sorted(spec.labels));
  // Their names alone: what they hold must not be told by anything that is kept.
  add([...spec.secrets.keys()].sort());
  add([attestations.provenance, attestations.sbom]);
  add(bases.map(({ name, digest }) => [name, digest ?? null]));
  for (const { path, fingerprint } of entries) add([path, fingerprint]);
  return hash.digest('hex');
};

/** What a path is to name. */
const KINDS = { context: 'folder', Dockerfile: 'file' } as const;

const insideOf = async (workspace: string, path: string, what: keyof typeof KINDS, name: string): Promise<string> => {
  const wanted = resolve(workspace, path);
  const next = 'check the path; it counts from the workspace, and the job must have checked the source out.';
  const refuse = (why: string, cause?: unknown) =>
    new OpsError({ what: `the ${what} "${path}" of image "${name}" ${why}.`, next, cause });
  const real = await realpath(wanted).catch((error: unknown) => {
    throw refuse('does not exist', error);
  });
  const kind = (await stat(real)).isDirectory() ? 'folder' : 'file';
  if (kind !== KINDS[what]) throw refuse(`is a ${kind}, not a ${KINDS[what]}`);
  const inside = relative(await realpath(workspace), real);
  if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return wanted;
  throw new OpsError({
    what: `the ${what} "${path}" of image "${name}" lies outside the workspace.`,
    next: 'build from a folder of the workspace.',
  });
};

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Paths that a builder is given, checked to exist inside the workspace. Throws OpsError. */
export const resolvePaths = async (
  workspace: string,
  spec: ImageSpec,
): Promise<{ readonly context: string; readonly dockerfile: string }> => ({
  context: await insideOf(workspace, spec.context, 'context', spec.name),
  dockerfile: await insideOf(workspace, spec.dockerfile, 'Dockerfile', spec.name),
});

/**
 * Returns the content hash of an image, and the base images in it. A `<Dockerfile>.dockerignore` goes before the
 * context's, as in BuildKit. Base images are looked up while the context is read.
 */
export const readContent = async (
  workspace: string,
  spec: ImageSpec,
  attestations: Attestations,
  resolve: ResolveBase,
): Promise<Content> => {
  const { context, dockerfile: path } = await resolvePaths(workspace, spec);
  const ignored =
    (await readIfThere(`${path}.dockerignore`)) ?? (await readIfThere(join(context, '.dockerignore'))) ?? '';
  const dockerfile = await readFile(path, 'utf8');
  const [bases, entries] = await Promise.all([
    resolveBases(dockerfile, spec, resolve),
    contextEntries(context, parseDockerignore(ignored)),
  ]);
  return { bases, hash: hashIngredients({ spec, attestations, bases, dockerfile, entries }) };
};
