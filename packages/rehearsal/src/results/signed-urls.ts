import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface SignedBlob {
  readonly blob: string;
  readonly access: 'read' | 'write';
  /** Content-Type and Content-Disposition of the answer. */
  readonly type?: string | undefined;
  readonly disposition?: string | undefined;
}

const AN_HOUR_MS = 3_600_000;

/** Names as of a shared access signature of Azure Storage ("Create a service SAS"): clients mask `sig`. */
const NAMES = ['sp', 'se', 'rsct', 'rscd'] as const;

/** Returns what signs addresses of blobs below `base`, good for one hour and one kind of access. */
export const createSigner = (base: () => string, now: () => number) => {
  const secret = randomBytes(32);
  const signature = (path: string, values: readonly string[]): Buffer =>
    createHmac('sha256', secret)
      .update([path, ...values].join('\n'))
      .digest();
  const pathOf = (blob: string) => `/results/blobs/${blob}`;
  return {
    sign: ({ blob, access, type = '', disposition = '' }: SignedBlob): string => {
      const values = [access === 'read' ? 'r' : 'cw', String(now() + AN_HOUR_MS), type, disposition];
      const url = new URL(pathOf(blob), base());
      for (const [index, name] of NAMES.entries()) if (values[index]) url.searchParams.set(name, values[index]);
      url.searchParams.set('sig', signature(pathOf(blob), values).toString('base64'));
      return url.href;
    },
    /** Returns what an address gives access to, undefined for one that nobody signed or that is too old. */
    verify: ({ pathname, searchParams }: URL): SignedBlob | undefined => {
      const blob = /^\/results\/blobs\/([a-z0-9-]+)$/.exec(pathname)?.[1];
      const values = NAMES.map((name) => searchParams.get(name) ?? '');
      const given = Buffer.from(searchParams.get('sig') ?? '', 'base64');
      const expected = signature(pathname, values);
      if (blob === undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const [permission, expiry, type, disposition] = values;
      if (Number(expiry) < now()) return undefined;
      return { blob, access: permission === 'r' ? 'read' : 'write', type, disposition };
    },
  };
};

export type Signer = ReturnType<typeof createSigner>;
