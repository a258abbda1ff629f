import { parseInteger } from '@hospital-ops/action-kit/numbers';

export interface Repository {
  readonly owner: string;
  readonly name: string;
}

/** The run as the runner describes it. What a runner would always set and is missing here reads as the empty text. */
export interface EventContext {
  readonly repository: Repository | undefined;
  readonly eventName: string;
  /** `refs/heads/main`, `refs/tags/v1.2.3`, `refs/pull/7/merge`. */
  readonly ref: string;
  readonly refName: string;
  readonly refType: 'branch' | 'tag' | undefined;
  readonly sha: string;
  readonly actor: string;
  readonly workflow: string;
  /** The key of the job in the workflow file. */
  readonly job: string;
  readonly runId: number | undefined;
  readonly runAttempt: number;
  readonly runNumber: number | undefined;
  /** Without a slash at the end: `https://github.com`. */
  readonly serverUrl: string;
  readonly apiUrl: string;
  /** Page of this attempt of the run, or undefined outside of one. */
  readonly runUrl: string | undefined;
  /** The event file's JSON, foreign data: read it by `payload.ts`. Undefined when there is none that can be read. */
  readonly payload: unknown;
  /** Why `payload` is undefined, when an event file was named. */
  readonly payloadProblem: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const withoutSlash = (url: string) => url.replace(/\/+$/, '');

const parseRepository = (full: string): Repository | undefined => {
  const [, owner, name] = /^([^/\s]+)\/([^/\s]+)$/.exec(full) ?? [];
  return owner === undefined || name === undefined ? undefined : { owner, name };
};

const readPayload = (path: string, readFile: (path: string) => string) => {
  if (!path) return { payload: undefined, payloadProblem: undefined };
  try {
    return { payload: JSON.parse(readFile(path)) as unknown, payloadProblem: undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { payload: undefined, payloadProblem: `the event file "${path}" could not be read: ${reason}` };
  }
};

/**
 * Returns the event context from the runner's variables and its event file. Never throws: an event file that cannot be
 * read leaves `payload` undefined and says why in `payloadProblem`.
 */
export const readContext = (env: Environment, readFile: (path: string) => string): EventContext => {
  const get = (name: string) => env[name] ?? '';
  const repository = parseRepository(get('GITHUB_REPOSITORY'));
  const serverUrl = withoutSlash(get('GITHUB_SERVER_URL') || 'https://github.com');
  const runId = parseInteger(get('GITHUB_RUN_ID'));
  const runAttempt = parseInteger(get('GITHUB_RUN_ATTEMPT')) ?? 1;
  const refType = get('GITHUB_REF_TYPE');
  return {
    repository,
    eventName: get('GITHUB_EVENT_NAME'),
    ref: get('GITHUB_REF'),
    refName: get('GITHUB_REF_NAME'),
    refType: refType === 'branch' || refType === 'tag' ? refType : undefined,
    sha: get('GITHUB_SHA'),
    actor: get('GITHUB_TRIGGERING_ACTOR') || get('GITHUB_ACTOR'),
    workflow: get('GITHUB_WORKFLOW'),
    job: get('GITHUB_JOB'),
    runId,
    runAttempt,
    runNumber: parseInteger(get('GITHUB_RUN_NUMBER')),
    serverUrl,
    apiUrl: withoutSlash(get('GITHUB_API_URL') || 'https://api.github.com'),
    runUrl:
      repository === undefined || runId === undefined
        ? undefined
        : `${serverUrl}/${repository.owner}/${repository.name}/actions/runs/${runId}${runAttempt > 1 ? `/attempts/${runAttempt}` : ''}`,
    ...readPayload(get('GITHUB_EVENT_PATH'), readFile),
  };
};
