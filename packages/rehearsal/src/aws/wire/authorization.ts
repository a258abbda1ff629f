import { AwsFault } from '../service.ts';

export interface Credential {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly sessionToken: string | undefined;
}

/** Services with one endpoint for the world, whose requests may be scoped to us-east-1. */
const GLOBAL: readonly string[] = ['sts', 'iam'];

/**
 * Returns who signed a request; the signature itself is not verified. Throws the error that AWS answers when the header
 * is missing or the scope names another region ("Troubleshooting AWS signed requests").
 */
export const parseAuthorization = (
  header: string | undefined,
  sessionToken: string | undefined,
  options: { readonly region: string; readonly query: boolean },
): Credential => {
  const { query } = options;
  if (header === undefined || header === '') {
    const code = query ? 'MissingAuthenticationToken' : 'MissingAuthenticationTokenException';
    throw new AwsFault(code, 'Missing Authentication Token', query ? 403 : 400);
  }
  const match = /^AWS4-HMAC-SHA256 Credential=([^/\s]+)\/\d{8}\/([^/\s]+)\/([^/\s]+)\/aws4_request/.exec(header);
  const [, accessKeyId = '', region = '', service = ''] = match ?? [];
  if (match === null || !/Signature=[0-9a-f]{64}/.test(header)) {
    const code = query ? 'IncompleteSignature' : 'IncompleteSignatureException';
    throw new AwsFault(
      code,
      'Authorization header requires Credential, SignedHeaders and Signature.',
      query ? 403 : 400,
    );
  }
  if (region !== options.region && !GLOBAL.includes(service)) {
    const code = query ? 'SignatureDoesNotMatch' : 'InvalidSignatureException';
    const message = `Credential should be scoped to a valid region: this is ${options.region}, not ${region}.`;
    throw new AwsFault(code, message, query ? 403 : 400);
  }
  return { accessKeyId, region, service, sessionToken };
};
