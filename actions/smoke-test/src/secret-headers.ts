import { namesSecret } from '@hospital-ops/action-kit/secrets';
import type { Check } from './check.ts';
import { maySecret } from './redirects.ts';

const basicParts = (encoded: string): string[] => {
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const at = decoded.indexOf(':');
  return at === -1 ? [] : [decoded, decoded.slice(at + 1)];
};

const partsOf = (name: string, value: string): string[] => {
  const scheme = /^(basic|bearer|token|digest|apikey)\s+(\S.*)$/i.exec(value);
  const [, kind = '', credential = ''] = scheme ?? [];
  if (scheme) return [value, credential, ...(kind.toLowerCase() === 'basic' ? basicParts(credential) : [])];
  if (name.toLowerCase() !== 'cookie') return [value];
  return [value, ...value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim())];
};

/** The texts in a JSON body that stand below a name which says that they are secret. */
const secretsInJson = (value: unknown, isSecret: boolean): string[] => {
  if (typeof value === 'string') return isSecret ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => secretsInJson(inner, isSecret || namesSecret(key)));
};

/** Returns the secrets of a request body, JSON or a form: a server that refuses it may well show it again. */
export const secretBodyValues = (body: string): string[] => {
  try {
    return secretsInJson(JSON.parse(body), false);
  } catch {
    return [...new URLSearchParams(body)].filter(([key]) => namesSecret(key)).map(([, value]) => value);
  }
};

/** Returns every text in the checks' request headers that must appear nowhere: values, and the credentials in them. */
export const secretHeaderValues = (checks: readonly Check[]): string[] =>
  checks.flatMap(({ headers }) =>
    headers.filter(([name]) => maySecret(name)).flatMap(([name, value]) => partsOf(name, value)),
  );
