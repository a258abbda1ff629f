import type { JSONPathQuery } from 'json-p3';
import type { StatusSet } from './status-set.ts';

export type Header = readonly [name: string, value: string];

export type RedirectPolicy = 'none' | 'same-host' | 'any';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A compiled RFC 9535 path with the text that it was compiled from. */
export interface JsonPath {
  readonly text: string;
  readonly query: JSONPathQuery;
}

export interface JsonExpectation {
  readonly path: JsonPath;
  readonly expected: JsonValue;
}

/** What one target must answer, and how long and how often it is asked. Times are milliseconds. */
export interface Check {
  readonly name: string;
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly Header[];
  readonly body?: string | undefined;
  readonly expectStatus: StatusSet;
  readonly expectBody?: string | undefined;
  readonly expectJson: readonly JsonExpectation[];
  readonly expectHeaders: readonly Header[];
  readonly expectVersion?: { readonly path: JsonPath; readonly expected: string } | undefined;
  /** Attempts in a row that must succeed. */
  readonly consecutive: number;
  readonly deadlineMs: number;
  readonly intervalMs: number;
  readonly requestTimeoutMs: number;
  /** Requests per attempt. */
  readonly samples: number;
  readonly maxLatencyP95Ms?: number | undefined;
  readonly redirects: RedirectPolicy;
  /** Whole days for which the certificates on the way must still be valid. */
  readonly minCertificateDays?: number | undefined;
}

/** What was expected and what came instead; `got` is foreign text. */
export interface Failure {
  readonly assertion: string;
  readonly expected: string;
  readonly got: string;
}
