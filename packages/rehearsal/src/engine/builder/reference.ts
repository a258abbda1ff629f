import { BuildError } from './build-error.ts';

export interface Reference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** A name without a registry is Docker Hub's, as for Docker. */
const withRegistry = (text: string): string => {
  const [first = ''] = text.split('/');
  if (text.includes('/') && /[.:]|^localhost$/.test(first)) return text;
  return text.includes('/') ? `docker.io/${text}` : `docker.io/library/${text}`;
};

/** Returns the parts of `[registry/]repository[:tag][@digest]`. Throws BuildError for anything else. */
export const parseReference = (text: string): Reference => {
  const match =
    /^([a-zA-Z0-9.-]+(?::\d+)?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      withRegistry(text),
    );
  const [, registry = '', repository = '', tag, digest] = match ?? [];
  if (!match) throw new BuildError(`invalid reference format: "${text}"`);
  return { registry, repository, tag, digest };
};

/** Where a registry answers: over http on this machine, as Docker does, over https elsewhere. */
export const registryUrl = (registry: string): string =>
  /^(localhost|127(?:\.\d+){3}|\[::1\])(:\d+)?$/.test(registry) ? `http://${registry}` : `https://${registry}`;
