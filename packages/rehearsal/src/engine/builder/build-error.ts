/** A build that ends as BuildKit ends it: what goes to stderr, exit code 1. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/** A command or flag that the stand-in does not know. It is named, never guessed at. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}
