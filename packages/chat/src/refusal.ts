import type { Explanation } from '@hospital-ops/action-kit/errors';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';

/**
 * `lost`: the message to update is gone or can no longer be edited, and a new one can be posted. `layout`: the form of the
 * message was refused, and plain text may pass. `thread`: the place takes messages in threads only. Else nothing helps.
 */
export type RefusalKind = 'lost' | 'layout' | 'thread';

/** What an error code of a chat service means, and what to do about it. */
export interface KnownRefusal {
  readonly why: string;
  readonly next: string;
  readonly kind?: RefusalKind;
}

export interface Refusal {
  readonly service: string;
  readonly status: number;
  /** The service's own code, or undefined when it gave none. */
  readonly code: string | undefined;
  /** Foreign text that explains, such as the answer's body. */
  readonly detail: string;
}

/** The other side answered, and took nothing: whatever is sent next cannot stand there twice. */
export class RefusedError extends OpsError {
  readonly kind: RefusalKind | undefined;

  constructor(explanation: Explanation, kind: RefusalKind | undefined) {
    super(explanation);
    this.kind = kind;
  }
}

/** Returns true for the refusal that `kind` names. */
export const isRefused = (error: unknown, kind: RefusalKind): error is RefusedError =>
  error instanceof RefusedError && error.kind === kind;

/** Returns the error for an answer that refuses a message; `known` is the service's table by code. */
export const refusalError = (refusal: Refusal, known: Readonly<Record<string, KnownRefusal>>): RefusedError => {
  const { service, status, code, detail } = refusal;
  const entry = code !== undefined && Object.hasOwn(known, code) ? known[code] : undefined;
  const said = neutralizeToLine(detail.replace(/https?:\/\/\S+/g, '(address)'), 200).trim();
  const named = code === undefined ? `HTTP ${status}` : `HTTP ${status}, ${neutralizeToLine(code, 64)}`;
  return new RefusedError(
    {
      what: `${service} refused the message (${named}).`,
      why: entry?.why ?? (said === '' ? 'it gave no reason.' : `it said: ${said}`),
      next: entry?.next ?? 'check the webhook or token and the channel.',
      docs: 'README#troubleshooting',
    },
    entry?.kind,
  );
};
