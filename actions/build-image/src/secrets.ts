import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Environment } from '@hospital-ops/action-kit/run-action';
import type { ImageSpec } from './image.ts';

/**
 * Has the values of all build secrets masked. Throws OpsError that names every variable that is not set: an image that was
 * built without its secret would be another one than was asked for.
 */
export const takeSecrets = (
  images: ReadonlyArray<Pick<ImageSpec, 'name' | 'secrets' | 'promoteFrom'>>,
  env: Environment,
  addSecret: (value: string) => void,
): void => {
  const missing = new Set<string>();
  for (const { secrets, promoteFrom } of images) {
    if (promoteFrom !== undefined) continue;
    for (const [id, variable] of secrets) {
      const value = env[variable] ?? '';
      if (value === '') missing.add(id === variable ? id : `${id} (variable ${variable})`);
      else addSecret(value);
    }
  }
  if (missing.size === 0) return;
  const names = [...missing].join(', ');
  throw new OpsError({
    what: `${missing.size === 1 ? 'a build secret is' : 'build secrets are'} empty or not set: ${names}.`,
    why: '`build-secrets` names environment variables of this step.',
    next: "set each in the step's `env:`, such as `NPM_TOKEN: ${{ secrets.NPM_TOKEN }}`; secrets of an organisation or environment reach only the jobs that may have them.",
    docs: 'README#secrets',
  });
};
