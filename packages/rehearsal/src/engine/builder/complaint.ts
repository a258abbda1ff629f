import { BuildError, UnsupportedError } from './build-error.ts';

/** Returns what the stand-in writes to its standard error in the end; `building` tells a build from other commands. */
export const complaintOf = (error: unknown, building: boolean): string => {
  if (error instanceof BuildError) {
    return building ? `ERROR: failed to build: failed to solve: ${error.message}` : error.message;
  }
  if (error instanceof UnsupportedError) return `ERROR: ${error.message}`;
  return `ERROR: the stand-in "docker" failed: ${error instanceof Error ? error.stack : error}`;
};
