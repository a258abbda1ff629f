import { BuildError, UnsupportedError } from './build-error.ts';
import { parseFlags } from './flags.ts';
import type { Reference } from './reference.ts';
import { parseReference } from './reference.ts';

export interface BuildOptions {
  readonly context: string;
  readonly dockerfile: string | undefined;
  readonly tags: readonly Reference[];
  readonly push: boolean;
  readonly load: boolean;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target: string | undefined;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly metadataFile: string | undefined;
  readonly idFile: string | undefined;
  /** Remarks about flags that are accepted and change nothing. */
  readonly remarks: readonly string[];
}

const kinds = {
  tag: 'list',
  file: 'value',
  'build-arg': 'list',
  target: 'value',
  platform: 'list',
  label: 'list',
  'metadata-file': 'value',
  iidfile: 'value',
  secret: 'list',
  'cache-from': 'list',
  'cache-to': 'list',
  provenance: 'value',
  sbom: 'value',
  progress: 'value',
  builder: 'value',
  output: 'list',
  push: 'switch',
  load: 'switch',
  pull: 'switch',
  'no-cache': 'switch',
} as const;

const assignments = (
  texts: readonly string[],
  missing: (name: string) => string | undefined,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.flatMap((text) => {
      const at = text.indexOf('=');
      const value = at < 0 ? missing(text) : text.slice(at + 1);
      return value === undefined ? [] : [[at < 0 ? text : text.slice(0, at), value]];
    }),
  );

const parsePlatform = (texts: readonly string[], machine: string): string => {
  const platforms = texts.flatMap((text) => text.split(','));
  if (platforms.length > 1) {
    throw new UnsupportedError(`the stand-in builder builds one platform at a time, not ${platforms.join(', ')}.`);
  }
  const [platform = machine] = platforms;
  if (!/^linux\/(amd64|arm64)$/.test(platform)) {
    throw new UnsupportedError(`the stand-in builder does not support the platform ${platform}.`);
  }
  return platform;
};

const parseOutput = (text: string): { push: boolean; load: boolean; names: readonly string[] } => {
  const fields = new Map(text.split(',').map((field) => field.split('=', 2) as [string, string | undefined]));
  const type = fields.get('type');
  for (const key of fields.keys()) {
    if (!['type', 'push', 'name', 'oci-mediatypes'].includes(key)) {
      throw new UnsupportedError(`the stand-in builder does not support "${key}" of --output ${text}.`);
    }
  }
  if (type !== 'image' && type !== 'registry' && type !== 'docker' && type !== 'cacheonly') {
    throw new UnsupportedError(`the stand-in builder does not support --output ${text}.`);
  }
  const name = fields.get('name');
  return {
    push: type === 'registry' || fields.get('push') === 'true',
    load: type === 'docker',
    names: name ? [name] : [],
  };
};

const refuseAttestations = (flag: string, value: string | undefined): void => {
  if (value !== undefined && !/^(false|mode=disabled|disabled=true)$/.test(value)) {
    throw new UnsupportedError(`the stand-in builder makes no attestations: --${flag} ${value}.`);
  }
};

/** Returns what `docker buildx build` is asked for. `env` gives build arguments that are named without a value. */
export const parseBuildOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  machine: string,
): BuildOptions => {
  const flags = parseFlags('buildx build', args, kinds, { t: 'tag', f: 'file', o: 'output' });
  const [context, ...more] = flags.operands;
  if (context === undefined || more.length > 0) {
    throw new BuildError(`"docker buildx build" requires 1 argument, not ${flags.operands.length}`);
  }
  if (context === '-' || /^([a-z+]+:\/\/|git@)/.test(context)) {
    throw new UnsupportedError(`the stand-in builder takes a folder as build context, not ${context}.`);
  }
  refuseAttestations('provenance', flags.value('provenance'));
  refuseAttestations('sbom', flags.value('sbom'));
  const outputs = flags.list('output').map(parseOutput);
  const push = flags.has('push') || outputs.some((output) => output.push);
  const tags = [...flags.list('tag'), ...outputs.flatMap(({ names }) => names)].map(parseReference);
  if (push && tags.length === 0) throw new BuildError('tag is needed when pushing to registry');
  const cached = flags.list('cache-from').length + flags.list('cache-to').length > 0;
  return {
    context,
    dockerfile: flags.value('file'),
    tags,
    push,
    load: flags.has('load') || outputs.some((output) => output.load),
    buildArgs: assignments(flags.list('build-arg'), (name) => env[name]),
    labels: assignments(flags.list('label'), () => ''),
    target: flags.value('target'),
    platform: parsePlatform(flags.list('platform'), machine),
    metadataFile: flags.value('metadata-file'),
    idFile: flags.value('iidfile'),
    remarks: [
      ...(cached ? ['no cache is read or written: there is nothing to run that a cache would save'] : []),
      ...(flags.list('secret').length > 0 ? ['build secrets are not used: only a RUN could read them'] : []),
    ],
  };
};
