import type { Header, RedirectPolicy } from './check.ts';
import { isLoopback } from './destination.ts';

/** One step on the way to an answer. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly Header[];
  readonly body?: string | undefined;
}

export type RedirectDecision =
  | { readonly kind: 'answer' }
  | { readonly kind: 'follow'; readonly hop: Hop }
  | { readonly kind: 'refuse'; readonly why: string };

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Headers that say nothing about who asks; all others stay on the origin that they were meant for. */
const HARMLESS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-type',
  'user-agent',
]);

/** Returns whether a header of this name may hold a secret. */
export const maySecret = (name: string): boolean => !HARMLESS.has(name.toLowerCase());

const nextMethod = (status: number, method: string): string => {
  if (status === 303 && method !== 'HEAD') return 'GET';
  return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method;
};

/** Returns what to do with the answer of `hop`. A redirect that `isExpected` by its status is itself the answer. */
export const decideRedirect = (
  hop: Hop,
  status: number,
  location: string | undefined,
  policy: RedirectPolicy,
  isExpected: boolean,
): RedirectDecision => {
  if (!REDIRECTS.has(status) || location === undefined || policy === 'none' || isExpected) return { kind: 'answer' };
  if (!URL.canParse(location, hop.url.href)) return { kind: 'refuse', why: 'its location is not a URL' };
  const url = new URL(location, hop.url);
  const to = `to ${url.origin}`;
  if (url.username !== '' || url.password !== '')
    return { kind: 'refuse', why: `${to}: its location holds credentials` };
  if (hop.url.protocol === 'https:' && url.protocol !== 'https:') {
    return { kind: 'refuse', why: `${to}: it leads from https to ${url.protocol.slice(0, -1)}` };
  }
  if (policy === 'same-host' && url.hostname !== hop.url.hostname) {
    return { kind: 'refuse', why: `${to}: it leads to another host than ${hop.url.hostname}` };
  }
  if (isLoopback(url) && !isLoopback(hop.url)) return { kind: 'refuse', why: `${to}: it leads to this machine` };
  const method = nextMethod(status, hop.method);
  const sameOrigin = url.origin === hop.url.origin;
  const keepsBody = method === hop.method && hop.body !== undefined;
  if (keepsBody && !sameOrigin) return { kind: 'refuse', why: `${to}: it would carry the request's body there` };
  const headers = hop.headers
    .filter(([name]) => sameOrigin || !maySecret(name))
    .filter(([name]) => keepsBody || !name.toLowerCase().startsWith('content-'));
  return { kind: 'follow', hop: { url, method, headers, ...(keepsBody ? { body: hop.body } : {}) } };
};
