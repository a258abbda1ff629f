import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import { createSecureContext } from 'node:tls';
import * as x509 from '@peculiar/x509';

/** A certificate authority that lives as long as one rehearsal. Its private key never leaves this process's memory. */
export interface Authority {
  /** Its own certificate, for those who are to trust it. */
  readonly certificatePem: string;
  /** Returns what a TLS server for `host` presents. Made once per host. */
  contextFor(host: string): Promise<SecureContext>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

const keyPem = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

const generate = async (): Promise<webcrypto.CryptoKeyPair> =>
  (await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;

/** Returns an authority whose certificates hold for a day, or `validForMs` milliseconds. */
export const createAuthority = async (validForMs = 24 * HOUR_MS): Promise<Authority> => {
  const [issuerKeys, keys] = await Promise.all([generate(), generate()]);
  // Some clocks are a little behind.
  const notBefore = new Date(Date.now() - HOUR_MS);
  const notAfter = new Date(Date.now() + validForMs);
  const issuer = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Rehearsal authority of this run',
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys: issuerKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(issuerKeys.publicKey),
    ],
  });
  const key = await keyPem(keys.privateKey);
  const contexts = new Map<string, Promise<SecureContext>>();

  const issue = async (host: string): Promise<SecureContext> => {
    const bare = host.replace(/^\[|\]$/g, '');
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(8)))
        .toString('hex')
        .replace(/^./, '1'),
      // A common name holds 64 characters at most; the name that counts is the alternative one.
      subject: 'CN=rehearsal',
      issuer: issuer.subject,
      notBefore,
      notAfter,
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: issuerKeys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: isIP(bare) === 0 ? 'dns' : 'ip', value: bare }]),
        await x509.AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey),
      ],
    });
    return createSecureContext({ key, cert: certificate.toString('pem'), minVersion: 'TLSv1.2' });
  };

  return {
    certificatePem: `${issuer.toString('pem')}\n`,
    contextFor: (host) => {
      const known = contexts.get(host);
      if (known !== undefined) return known;
      const made = issue(host);
      contexts.set(host, made);
      return made;
    },
  };
};
