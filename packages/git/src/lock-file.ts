import type { LockGraph } from './lock-graph.ts';
import { parseNpmLock } from './npm-lock.ts';
import { parsePnpmLock } from './pnpm-lock.ts';

const PARSERS: Readonly<Record<string, (text: string) => LockGraph | undefined>> = {
  'pnpm-lock.yaml': (text) => parsePnpmLock(text),
  'package-lock.json': parseNpmLock,
  'npm-shrinkwrap.json': parseNpmLock,
};

/** True for a lock file at the root that `parseLockFile` may understand. */
export const isReadableLockFile = (path: string): boolean => Object.hasOwn(PARSERS, path);

/** Returns what the lock file resolves: pnpm's version 9, npm's versions 2 and 3. Undefined for any other. */
export const parseLockFile = (path: string, text: string): LockGraph | undefined => PARSERS[path]?.(text);
