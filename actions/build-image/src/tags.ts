import { isTag } from '@hospital-ops/registry-client/reference';
import semver from 'semver';
import type { Source } from './image.ts';

/** Tags that content hashes are kept under. Users cannot ask for them. */
const CONTENT_PREFIX = 'content-';

export const contentTag = (hash: string): string => `${CONTENT_PREFIX}${hash}`;

export const isContentTag = (tag: string): boolean => tag.startsWith(CONTENT_PREFIX);

/** Returns the version of `refs/tags/v1.2.3`; build metadata keeps its place with `-`, for `+` is no character of a tag. */
export const versionOfRef = (ref: string): string | undefined => {
  const tag = /^refs\/tags\/v(\d.*)$/.exec(ref)?.[1];
  return tag !== undefined && semver.valid(tag) === tag.replace(/\+.*$/, '') ? tag.replace('+', '-') : undefined;
};

const PLACEHOLDER = /\{(sha|version|major|minor)\}/g;

/** What an image is tagged with that asks for nothing else. */
export const DEFAULT_TAGS: readonly string[] = ['{sha}', '{version}'];

/** Whether `text` is a tag once its placeholders are filled in. */
export const isTagTemplate = (text: string): boolean => text.includes('{') && isTag(text.replace(PLACEHOLDER, '1'));

/** A tag that moves on with every release: `1.2`, `1` or `latest`. */
export interface MovingTag {
  readonly tag: string;
  /** Releases that it may stand for: those of `1.2.x`, those of `1.x`, or all. */
  covers(version: semver.SemVer): boolean;
}

export interface TagRequest {
  /** Each stands for one image for ever, where the repository sees to that. */
  readonly fixed: readonly string[];
  readonly moving: readonly MovingTag[];
}

const levelOf = (tag: string, release: semver.SemVer | undefined): MovingTag | undefined => {
  if (tag === 'latest') return { tag, covers: () => true };
  if (release === undefined) return undefined;
  const { major, minor } = release;
  if (tag === `${major}.${minor}`) return { tag, covers: (other) => other.major === major && other.minor === minor };
  return tag === `${major}` ? { tag, covers: (other) => other.major === major } : undefined;
};

const fill = (template: string, { revision, version }: Source): string | undefined => {
  const release = version === undefined ? undefined : semver.parse(version);
  const values: Readonly<Record<string, string | undefined>> = {
    sha: revision || undefined,
    version,
    major: release?.major.toString(),
    minor: release?.minor.toString(),
  };
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  if (names.some((name) => values[name] === undefined)) return undefined;
  return template.replace(PLACEHOLDER, (_, name: string) => values[name] ?? '');
};

/**
 * Returns the tags that are asked for, placeholders filled in; those of a version are left out where the run has none.
 * For a release `1.2`, `1` and `latest` are levels that move, however they were written. Without a request it is the
 * commit and the full version.
 */
export const requestTags = (asked: readonly string[] | undefined, source: Source): TagRequest => {
  const release = source.version === undefined ? undefined : (semver.parse(source.version) ?? undefined);
  const tags = [...new Set((asked ?? DEFAULT_TAGS).flatMap((tag) => fill(tag, source) ?? []))];
  const moving = tags.flatMap((tag) => levelOf(tag, release) ?? []);
  return { fixed: tags.filter((tag) => !moving.some((each) => each.tag === tag)), moving };
};

/** Why a moving tag stays where it is; undefined when it is to be put on the release. */
export const reasonToStay = (
  { tag, covers }: MovingTag,
  source: Source,
  existing: readonly string[],
  mayMove: boolean | undefined,
): string | undefined => {
  if (mayMove === false) return 'the repository does not let it move';
  // A run of no release has nothing to compare: the tag is where it was asked to be.
  const release = source.version === undefined ? undefined : semver.parse(source.version);
  if (!release) return undefined;
  if (release.prerelease.length > 0) return `${source.version} is a prerelease`;
  const higher = existing
    .flatMap((each) => (semver.valid(each) === each ? [new semver.SemVer(each)] : []))
    .find((other) => other.prerelease.length === 0 && covers(other) && other.compare(release) > 0);
  return higher === undefined ? undefined : `${tag} stands for ${higher.version}, which is higher`;
};
