import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createSign, createVerify, generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

export const ISSUER = 'https://token.actions.githubusercontent.com';

export type Claims = Readonly<Record<string, string | number>>;

/** A token lasts five minutes (docs: OpenID Connect reference). */
const LIFE_SECONDS = 300;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const decode = (part: string | undefined): Record<string, unknown> => {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
};

export interface OidcIssuer {
  /** Returns a signed token with these claims and those of its time. */
  sign(claims: Claims): Promise<string>;
  /** Returns the claims of a token that this issuer signed; undefined for any other. Whether it is in time is not asked. */
  verify(token: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The public key, as `/.well-known/jwks` has it. */
  keys(): Promise<{ readonly keys: readonly JsonWebKey[] }>;
}

/** Returns an issuer with a key of its own (RS256), made at its first use. */
export const createOidcIssuer = (now: () => number): OidcIssuer => {
  const kid = randomUUID();
  let made: Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> | undefined;
  const pair = () => {
    made ??= promisify(generateKeyPair)('rsa', { modulusLength: 2_048 }) as NonNullable<typeof made>;
    return made;
  };
  return {
    sign: async (claims) => {
      const { privateKey } = await pair();
      const seconds = Math.floor(now() / 1_000);
      const times = { iss: ISSUER, iat: seconds, nbf: seconds - LIFE_SECONDS, exp: seconds + LIFE_SECONDS };
      const content = `${encode({ typ: 'JWT', alg: 'RS256', kid })}.${encode({ jti: randomUUID(), ...claims, ...times })}`;
      return `${content}.${createSign('RSA-SHA256').update(content).sign(privateKey, 'base64url')}`;
    },
    verify: async (token) => {
      const { publicKey } = await pair();
      const [header, body, signature = ''] = token.split('.');
      if (decode(header).alg !== 'RS256') return undefined;
      const genuine = createVerify('RSA-SHA256').update(`${header}.${body}`).verify(publicKey, signature, 'base64url');
      return genuine ? decode(body) : undefined;
    },
    keys: async () => {
      const { publicKey } = await pair();
      return { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid }] };
    },
  };
};
