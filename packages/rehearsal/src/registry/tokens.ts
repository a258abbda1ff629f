import { randomBytes } from 'node:crypto';

/** Passwords that ECR gave out, so that the registry lets in who asked for one. */
export interface RegistryTokens {
  /** Returns a new password for the user `AWS` and its end, 12 hours later (ECR API, GetAuthorizationToken). */
  issue(now: number): { readonly password: string; readonly expiresAt: number };
  accepts(user: string, password: string, now: number): boolean;
}

const lifetimeMs = 12 * 60 * 60 * 1000;

export const createRegistryTokens = (): RegistryTokens => {
  const ends = new Map<string, number>();
  return {
    issue: (now) => {
      const password = randomBytes(48).toString('base64url');
      const expiresAt = now + lifetimeMs;
      ends.set(password, expiresAt);
      return { password, expiresAt };
    },
    accepts: (user, password, now) => user === 'AWS' && now < (ends.get(password) ?? 0),
  };
};
