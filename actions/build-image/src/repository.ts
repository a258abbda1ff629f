import { OpsError } from '@hospital-ops/action-kit/errors';
import type { EcrRepository, RepositorySettings } from '@hospital-ops/aws/ecr/ports';
import type { RegistrySession, RepositoryFacts } from './session.ts';

/** Tags that have to move also where releases do not: those of caches, and of signatures and what else is attached. */
export const MOVING_TAGS = ['cache-*', 'sha256-*'];

const isSameJson = (a: string, b: string): boolean => {
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return a === b;
  }
};

/** Keys are told by ARN, id or alias; ECR answers with the ARN of the key. */
const isSameKey = (wanted: string, there: string): boolean =>
  wanted === there || there.endsWith(`:key/${wanted}`) || wanted.startsWith('alias/') || wanted.includes(':alias/');

/** Returns how an existing repository differs from what a new one would be, in words. */
export const differencesOf = (
  there: EcrRepository,
  wanted: RepositorySettings,
  lifecyclePolicy: string | undefined,
): string[] => {
  const { kmsKey } = wanted;
  const isKey = kmsKey === undefined || (there.kmsKey !== undefined && isSameKey(kmsKey, there.kmsKey));
  const policy = wanted.lifecyclePolicy;
  const hasPolicy = policy === undefined || (lifecyclePolicy !== undefined && isSameJson(policy, lifecyclePolicy));
  return [
    ...(there.mayMove('1.0.0') === true ? ['its tags may move'] : []),
    ...(there.mayMove('cache-x') === false ? ['the tags of caches (cache-*) may not move'] : []),
    ...(there.scanOnPush ? [] : ['it does not ask for a scan on push']),
    ...(isKey ? [] : [`it is not encrypted with ${kmsKey}`]),
    ...(hasPolicy ? [] : ['its lifecycle policy is another']),
  ];
};

export interface EnsureOptions {
  readonly createRepository: boolean;
  readonly dryRun: boolean;
  say(line: string): void;
}

/** Returns what is known of a repository after making sure that it exists; undefined where a dry run finds none. */
export const ensureRepository = async (
  session: RegistrySession,
  repository: string,
  { createRepository, dryRun, say }: EnsureOptions,
): Promise<RepositoryFacts | undefined> => {
  const there = await session.describe(repository);
  if (there !== undefined) {
    const { differences } = there;
    if (createRepository && differences.length > 0) {
      say(`repository ${repository} is left as it is, though ${differences.join(', ')}`);
    }
    return there;
  }
  if (!createRepository) {
    throw new OpsError({
      what: `repository "${repository}" does not exist in ${session.registry.host}.`,
      next: 'create it, or set `create-repository: true`.',
      docs: 'README#troubleshooting',
    });
  }
  if (dryRun) {
    say(`repository ${repository} would be created`);
    return undefined;
  }
  const created = await session.create(repository);
  say(`repository ${repository} was created`);
  return created;
};
