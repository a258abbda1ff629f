import { neutralize } from '@hospital-ops/action-kit/untrusted';
import type { ChatStatus } from './status.ts';

export interface Link {
  readonly label: string;
  /** Only http(s) becomes a link; anything else is shown as its label. */
  readonly url: string | undefined;
}

export interface Field {
  readonly name: string;
  readonly value: string;
  readonly url?: string | undefined;
  /** Needs the whole width where others share a row. */
  readonly wide?: boolean | undefined;
}

/** A revision of a service, as far as it is known. */
export interface Revision {
  /** `hospital-ops-production-api:41`. */
  readonly taskDefinition: string | undefined;
  readonly version: string | undefined;
}

export interface ServiceChange {
  readonly name: string;
  readonly outcome: ChatStatus;
  readonly reason: string | undefined;
  readonly old: Revision | undefined;
  readonly new: Revision | undefined;
  /** What takes traffic now; undefined when nobody knows. */
  readonly serving: Revision | undefined;
  /** Last lines of the container's log, oldest first. */
  readonly log: readonly string[];
  readonly durationSeconds: number | undefined;
}

export interface FailedJob {
  readonly name: string;
  readonly url: string | undefined;
  readonly step: string | undefined;
}

export interface ChangelogEntry {
  readonly sha: string;
  readonly subject: string;
  readonly author: string | undefined;
  readonly url: string | undefined;
}

export interface Changelog {
  /** The revision that it begins after, as it was given. */
  readonly from: string;
  /** Newest first; may be fewer than `total`. */
  readonly entries: readonly ChangelogEntry[];
  readonly total: number;
  /** Commits of `from` that what is released does not have: more than 0 when it goes back, or comes from elsewhere. */
  readonly behind: number;
  readonly url: string | undefined;
}

export type Mention = { readonly kind: 'user' | 'group'; readonly id: string };

/** What is to be said, in plain text: the renderers alone know markup, limits and escapes. */
export interface ChatMessage {
  readonly status: ChatStatus;
  readonly title: string;
  readonly text: string | undefined;
  readonly fields: readonly Field[];
  readonly services: readonly ServiceChange[];
  readonly failedJobs: readonly FailedJob[];
  readonly changelog: Changelog | undefined;
  readonly links: readonly Link[];
  readonly footer: string;
  readonly mentions: readonly Mention[];
}

const mapped = (value: unknown, change: (text: string) => string): unknown => {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapped(inner, change)]));
};

/**
 * Returns the message with every text made fit to leave: without secrets (before anything is cut, as half a secret would
 * not be found), without control characters, and with whole surrogate pairs only. Status and mentions stay as they are.
 */
export const cleanMessage = (message: ChatMessage, redact: (text: string) => string): ChatMessage => {
  const clean = (text: string) => neutralize(redact(text.toWellFormed())).toWellFormed();
  const services = message.services.map(({ outcome, ...rest }) => ({
    ...(mapped(rest, clean) as Omit<ServiceChange, 'outcome'>),
    outcome,
  }));
  const { status, mentions, services: _, ...texts } = message;
  return { ...(mapped(texts, clean) as typeof texts), status, mentions, services };
};
