import { BuildError } from './build-error.ts';

export interface Reference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Returns the parts of `registry/repository[:tag][@digest]`. Throws BuildError for anything else, also without a registry. */
export const parseReference = (text: string): Reference => {
  const match =
    /^([a-zA-Z0-9.-]+(?::\d+)?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      text,
    );
  const [, registry = '', repository = '', tag, digest] = match ?? [];
  if (!match || !/[.:]|^localhost$/.test(registry)) {
    throw new BuildError(`invalid reference format: "${text}" (the stand-in needs registry/repository:tag)`);
  }
  return { registry, repository, tag, digest };
};

/** Where a registry answers: over http on this machine, as Docker does, over https elsewhere. */
export const registryUrl = (registry: string): string =>
  /^(localhost|127(?:\.\d+){3}|\[::1\])(:\d+)?$/.test(registry) ? `http://${registry}` : `https://${registry}`;
