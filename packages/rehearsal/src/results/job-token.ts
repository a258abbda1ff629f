import { createHmac, randomUUID } from 'node:crypto';
import type { CacheMode } from './cache-mode.ts';
import { mayRead, mayWrite } from './cache-mode.ts';

/** A job as the service knows it, by its token. */
export interface ResultsJob {
  /** Identifiers of the run and of the job, as clients find them in the token and give them back. */
  readonly run: string;
  readonly job: string;
  readonly ref: string;
  readonly mode: CacheMode;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Returns an ACTIONS_RUNTIME_TOKEN: a JSON Web Token whose claims clients read without checking it. `scp` names run and
 * job (@actions/artifact), `ac` the scopes of caches, with 1 for reading and 2 for writing (BuildKit).
 */
export const jobToken = ({ run, job, ref, mode }: ResultsJob, secret: Buffer, now: number): string => {
  const permission = (mayRead(mode) ? 1 : 0) + (mayWrite(mode) ? 2 : 0);
  const issued = Math.floor(now / 1000);
  const claims = {
    jti: randomUUID(),
    iat: issued,
    nbf: issued,
    exp: issued + 6 * 3600,
    scp: `Actions.Results:${run}:${job}`,
    ac: JSON.stringify([{ Scope: ref, Permission: permission }]),
  };
  const signed = `${part({ typ: 'JWT', alg: 'HS256' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};
