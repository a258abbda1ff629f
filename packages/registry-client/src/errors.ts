import { OpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';

/** What a registry said. `status` is 0 when there was no answer; `code` is OCI's (`MANIFEST_UNKNOWN`), if it gave one. */
export interface RegistryProblem {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
}

/** A request that a registry refused or did not answer. */
export class RegistryError extends OpsError {
  readonly status: number;
  readonly code: string | undefined;

  constructor(request: string, problem: RegistryProblem, cause?: unknown) {
    const { status, code, message } = problem;
    super({
      what: `${request} failed: ${status === 0 ? 'no answer' : `status ${status}`}${code ? ` ${neutralizeToLine(code, 60)}` : ''}.`,
      why: message === '' ? undefined : neutralizeToLine(message, 500),
      next: nextStep(status),
      cause,
    });
    this.status = status;
    this.code = code;
  }
}

const nextStep = (status: number): string => {
  if (status === 401 || status === 403) return 'check the credentials and what they allow on this repository.';
  if (status === 0) return 'check that this is its name and that this runner reaches it, then run the job again.';
  if (status === 429 || status >= 500) return 'the registry did not recover in time; run the job again.';
  return 'see what the registry says about it.';
};

/** True for what another try may cure: no answer, too many requests, and errors of the server. */
export const isTransientRegistryError = (error: unknown): boolean =>
  error instanceof RegistryError && (error.status === 0 || error.status === 429 || error.status >= 500);

interface ErrorBody {
  readonly errors?: ReadonlyArray<{ readonly code?: unknown; readonly message?: unknown }>;
}

/** Returns code and message of an OCI error body; other bodies are the message as they are. */
export const parseProblem = (status: number, body: string): RegistryProblem => {
  try {
    const [first] = (JSON.parse(body) as ErrorBody).errors ?? [];
    if (first) return { status, code: String(first.code ?? ''), message: String(first.message ?? '') };
  } catch {
    // A proxy or load balancer answered in its own words.
  }
  return { status, code: undefined, message: body.slice(0, 10_000) };
};
