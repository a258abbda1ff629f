import { LOGIN_REFUSED } from './push-failure.ts';

/** What a line of a builder's last words means to who reads it. */
export interface KnownFailure {
  readonly why: string;
  readonly next: string;
}

interface Row extends KnownFailure {
  readonly match: RegExp;
}

const SET_UP_BUILDX = 'set buildx up before this step (docker/setup-buildx-action).';

/** The first row that matches a line of the tail wins; README, troubleshooting, has the same rows. */
export const KNOWN_FAILURES: readonly Row[] = [
  {
    match: /no space left on device|disk quota exceeded/i,
    why: 'the disk of the runner or of the builder is full.',
    next: 'free space before this step (`docker system prune --all --force`, larger runner disk), or build fewer images at once (`max-parallel`).',
  },
  {
    match: LOGIN_REFUSED,
    why: 'the registry took the login no more while the image was pushed: it has expired, or is none that may push.',
    next: 'run the job again: what was pushed is kept, so it continues from there. With `registry-auth: docker` log in right before this step.',
  },
  {
    match: /failed to push (?!.*immutable).*(?:\b403\b|denied)|^denied: |not authorized to perform: ecr:/i,
    why: 'the registry does not let this login push there.',
    next: 'give the role the rights of README, permissions, on this repository; then look at the policy of the repository itself.',
  },
  {
    match: /failed to push .*blob upload (?:invalid|unknown)/i,
    why: 'the registry lost what was uploaded to it.',
    next: 'run the job again; if it stays, look whether the storage behind the registry is full.',
  },
  {
    match:
      /cannot connect to the docker daemon|is the docker daemon running|error during connect|failed to connect to the docker API|permission denied while trying to connect to the docker/i,
    why: 'no Docker Engine answers.',
    next: 'start Docker on this runner, let its user reach the socket, or run the job where there is an Engine (ubuntu-latest has one).',
  },
  {
    // As the end of the log repeats the step that failed.
    match: /^ > \[internal\] (?:waiting for connection|booting buildkit):|no builder "[^"]*" found/i,
    why: 'the builder that buildx is set to does not run.',
    next: `${SET_UP_BUILDX.slice(0, -1)}, or choose another (\`docker buildx ls\`, \`docker buildx use\`).`,
  },
  {
    match: /the buildx component is missing/i,
    why: 'this Docker builds with BuildKit only by buildx.',
    next: SET_UP_BUILDX,
  },
  {
    match: /multi-?platform build is not supported|multiple platforms feature is currently not supported/i,
    why: 'this builder makes images of one platform at a time.',
    next: `${SET_UP_BUILDX.slice(0, -1)}, or build one platform.`,
  },
  {
    match: /exec format error/i,
    why: 'a step runs a program of another architecture than the runner.',
    next: 'set QEMU up before this step (docker/setup-qemu-action), cross-compile, or use a runner of that architecture.',
  },
  {
    match: /no match for platform in manifest|does not (?:provide|match) the (?:specified )?platform/i,
    why: 'a base image does not exist for this platform.',
    next: 'choose a base image that has the platform, or leave the platform out.',
  },
  {
    match: /toomanyrequests|you have reached your (?:unauthenticated )?pull rate limit/i,
    why: 'the registry of a base image limits how often it is asked.',
    next: 'log in to it before this step, or take the base image from a mirror (ECR Public, a pull-through cache).',
  },
  {
    match: /target stage "?[^"]*"? could not be found|failed to reach build target/i,
    why: 'the Dockerfile has no such stage.',
    next: 'give `target` the name behind AS of a FROM.',
  },
  {
    match:
      /dockerfile parse error|unknown instruction|no build stage in current context|file with no instructions|dockerfile cannot be empty/i,
    why: 'the Dockerfile cannot be read.',
    next: 'correct the line that the log names.',
  },
  {
    match: /failed to compute cache key|failed to calculate checksum|COPY failed|ADD failed/i,
    why: 'the Dockerfile copies a file that the context does not hold.',
    next: 'check the path, `context` and .dockerignore; files made by earlier steps must be there before this one.',
  },
  {
    match:
      /pull access denied|repository does not exist or may require|failed to resolve source metadata for .*(?:not found|denied|forbidden|unauthorized|authorization failed)/i,
    why: 'a base image does not exist, or not for this login.',
    next: 'check its name, and log in to its registry before this step.',
  },
];

/** Returns what is known of a failure with these last lines. The line itself is repeated by whoever asks. */
export const knownFailure = (tail: readonly string[]): KnownFailure | undefined => {
  const row = KNOWN_FAILURES.find(({ match }) => tail.some((line) => match.test(line)));
  return row && { why: row.why, next: row.next };
};
