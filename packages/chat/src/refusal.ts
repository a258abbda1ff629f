import { OpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';

/** What an error code of a chat service means, and what to do about it. */
export interface KnownRefusal {
  readonly why: string;
  readonly next: string;
}

export interface Refusal {
  readonly service: string;
  readonly status: number;
  /** The service's own code, or undefined when it gave none. */
  readonly code: string | undefined;
  /** Foreign text that explains, such as the answer's body. */
  readonly detail: string;
}

/** Returns the error for an answer that refuses a message; `known` is the service's table by code. */
export const refusalError = (refusal: Refusal, known: Readonly<Record<string, KnownRefusal>>): OpsError => {
  const { service, status, code, detail } = refusal;
  const entry = code !== undefined && Object.hasOwn(known, code) ? known[code] : undefined;
  const said = neutralizeToLine(detail.replace(/https?:\/\/\S+/g, '(address)'), 200).trim();
  const named = code === undefined ? `HTTP ${status}` : `HTTP ${status}, ${neutralizeToLine(code, 64)}`;
  return new OpsError({
    what: `${service} refused the message (${named}).`,
    why: entry?.why ?? (said === '' ? 'it gave no reason.' : `it said: ${said}`),
    next: entry?.next ?? 'check the webhook or token and the channel.',
    docs: 'README#troubleshooting',
  });
};
