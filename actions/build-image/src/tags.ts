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

/** Returns the tags of an image for which none were asked: the commit, and the full version of a release. */
export const defaultTags = ({ revision, version }: Source): string[] => [
  ...(revision === '' ? [] : [revision]),
  ...(version === undefined ? [] : [version]),
];
