import { OpsError } from '@hospital-ops/action-kit/errors';
import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';

/** An entry of build-image's `images`. */
export type ImageEntry = Readonly<Record<string, unknown>> & { readonly repository: string };

/** What another environment ran successfully. */
export interface Proof {
  /** Name of each service to its image by digest. */
  readonly images: ReadonlyMap<string, string>;
  /** Services that changed since. */
  readonly outdated: ReadonlySet<string>;
}

export interface ImagesRequest {
  readonly environment: ResolvedEnvironment;
  readonly sha: string;
  readonly released: readonly ResolvedService[];
  readonly allowBuild: boolean;
  /** Undefined where nobody looked for it: the tag of the commit is promoted then. */
  readonly proof: Proof | undefined;
}

const buildOf = ({ build }: ResolvedService): ImageEntry => {
  const { repository, context, dockerfile, target, buildArgs, platforms } = build;
  return {
    repository,
    context,
    dockerfile,
    ...(target === undefined ? {} : { target }),
    ...(Object.keys(buildArgs).length === 0 ? {} : { 'build-args': buildArgs }),
    ...(platforms.length === 0 ? {} : { platforms }),
  };
};

const promotionOf = ({ build }: ResolvedService, from: string): ImageEntry => ({
  repository: build.repository,
  'promote-from': from,
});

const DIGEST = /@(sha256:[0-9a-f]{64})$/;

const unproved = (names: readonly string[], { sha, environment, proof }: ImagesRequest): OpsError => {
  const changed = names.filter((name) => proof?.outdated.has(name));
  const from = environment.promoteFrom ?? '';
  return new OpsError({
    what: `${names.join(', ')} of ${sha.slice(0, 7)} was not proved in ${from}, so ${environment.name} does not get it.`,
    why:
      changed.length > 0
        ? `${changed.join(', ')} changed since the commit that ${from} ran successfully.`
        : `no deployment of this commit or an ancestor to ${from} succeeded that tells an image of it.`,
    next: `deploy the commit to ${from}, then run this again; or set \`allow-build\` to build what nobody tried.`,
    docs: 'README#promotion',
  });
};

/**
 * Returns how each service's image is had: built, or promoted where the environment promotes. Throws OpsError for a
 * service that is released without proof, unless it may be built; one that is not released and not proved is left out.
 */
export const planImages = (request: ImagesRequest): Readonly<Record<string, ImageEntry>> => {
  const { environment, sha, released, allowBuild, proof } = request;
  const all = [...environment.services.values()];
  const entries = (entry: (service: ResolvedService) => ImageEntry | undefined) =>
    Object.fromEntries(
      all.flatMap((service) => {
        const planned = entry(service);
        return planned === undefined ? [] : [[service.name, planned] as const];
      }),
    );
  if (environment.promoteFrom === undefined) return entries(buildOf);
  if (proof === undefined) return entries(allowBuild ? buildOf : (service) => promotionOf(service, sha));
  const digestOf = ({ name }: ResolvedService): string | undefined =>
    proof.outdated.has(name) ? undefined : DIGEST.exec(proof.images.get(name) ?? '')?.[1];
  const missing = released.filter((service) => digestOf(service) === undefined).map(({ name }) => name);
  if (missing.length > 0 && !allowBuild) throw unproved(missing, request);
  return entries((service) => {
    const digest = digestOf(service);
    if (digest !== undefined) return promotionOf(service, digest);
    return missing.includes(service.name) ? buildOf(service) : undefined;
  });
};
