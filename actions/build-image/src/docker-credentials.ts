import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Credentials } from '@hospital-ops/registry-client/authentication';
import { loginNames } from '@hospital-ops/registry-client/image-reference';
import { readDockerConfig } from './docker-config.ts';

/**
 * Returns the credentials that an earlier `docker login` left in `folder`, or undefined when nobody logged in. Throws
 * OpsError where they are kept by a credential helper, which this action does not ask.
 */
export const storedCredentials = (folder: string, registry: string): Credentials | undefined => {
  const { auths = {}, credsStore, credHelpers = {} } = readDockerConfig(folder);
  const name = loginNames(registry).find((each) => Object.hasOwn(auths, each));
  const { auth } = (name === undefined ? undefined : auths[name]) ?? {};
  if (auth !== undefined) {
    const decoded = Buffer.from(auth, 'base64').toString('utf8');
    const at = decoded.indexOf(':');
    return { username: decoded.slice(0, at), password: decoded.slice(at + 1) };
  }
  const helper = credHelpers[registry] ?? credsStore;
  if (helper === undefined) return undefined;
  throw new OpsError({
    what: `the login for ${registry} is kept by the credential helper "${helper}".`,
    next: 'log in without a helper (docker/login-action writes the plain configuration), or use `registry-auth: ecr`.',
  });
};
