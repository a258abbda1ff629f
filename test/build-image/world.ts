import { readFileSync } from 'node:fs';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import type { PutTag, ScanSeen } from '@hospital-ops/aws/ecr/ports';
import type { Manifest } from '@hospital-ops/registry-client/manifest';
import { digestOf, MANIFEST_TYPES } from '@hospital-ops/registry-client/manifest';
import { parse } from 'yaml';
import type { BaseImage } from '../../actions/build-image/src/base-images.ts';
import type { BuildRequest } from '../../actions/build-image/src/builder.ts';
import type { Source } from '../../actions/build-image/src/image.ts';
import { parseBuildImageInputs } from '../../actions/build-image/src/inputs.ts';
import { runBuildImage } from '../../actions/build-image/src/run.ts';
import type { RegistrySession } from '../../actions/build-image/src/session.ts';

const action = parse(readFileSync('actions/build-image/action.yml', 'utf8')) as {
  inputs: Record<string, { default?: string }>;
};

/** Reads inputs as the runner passes them: the defaults of action.yml, and what the step gives. */
export const parseInputs = (given: Readonly<Record<string, string>>) => {
  const defaults = Object.entries(action.inputs).flatMap(([name, { default: value }]) =>
    value ? [[name, value]] : [],
  );
  return parseBuildImageInputs(new Map([...(defaults as [string, string][]), ...Object.entries(given)]), () => {
    throw new Error('no such file');
  });
};

export type TagMutability = 'mutable' | 'immutable' | 'with-exclusion';

interface Repository {
  tags: TagMutability;
  readonly manifests: Map<string, Manifest>;
  readonly references: Map<string, string>;
}

export const HOST = '127.0.0.1:5000';
export const SHA = 'c'.repeat(40);

/** A registry, an ECR and a builder in memory. `content` is what the context of an image holds, by repository. */
export class World {
  readonly repositories = new Map<string, Repository>();
  readonly labels = new Map<string, Readonly<Record<string, string>>>();
  readonly builds: BuildRequest[] = [];
  readonly bases: BaseImage[] = [];
  /** What the scan of a digest says, one look after the other; the last one stays. */
  readonly scans = new Map<string, ScanSeen[]>();
  readonly scansAsked: string[] = [];
  readonly content = new Map<string, string>();
  logins = 0;
  closed = 0;
  source: Source = { revision: SHA, url: 'https://github.com/acme/hospital' };
  /** Called before a build pushes; throws what the builder throws, or changes the world. */
  beforePush: (request: BuildRequest) => void | Promise<void> = () => undefined;
  /** What the builder reports instead of the digest that it pushed. */
  reported: string | undefined;

  repository(name: string, tags: TagMutability = 'immutable'): Repository {
    const found = this.repositories.get(name) ?? { tags, manifests: new Map(), references: new Map() };
    this.repositories.set(name, found);
    return found;
  }

  /** Puts an image with labels and tags into a repository and returns its digest. */
  push(name: string, text: string, tags: readonly string[], labels: Readonly<Record<string, string>> = {}): string {
    const bytes = Buffer.from(JSON.stringify({ config: { digest: digestOf(Buffer.from(text)) }, text }));
    const manifest = { digest: digestOf(bytes), mediaType: MANIFEST_TYPES[0], bytes };
    const repository = this.repository(name);
    repository.manifests.set(manifest.digest, manifest);
    for (const tag of tags) repository.references.set(tag, manifest.digest);
    this.labels.set(manifest.digest, labels);
    return manifest.digest;
  }

  tagsOf(name: string): Record<string, string> {
    return Object.fromEntries(this.repository(name).references);
  }

  #find(name: string, reference: string): Manifest | undefined {
    const repository = this.repositories.get(name);
    return repository?.manifests.get(repository.references.get(reference) ?? reference);
  }

  #putTag(name: string, tag: string, manifest: Manifest): PutTag {
    const repository = this.repository(name);
    const there = repository.references.get(tag);
    if (there === manifest.digest) return 'present';
    if (there !== undefined && repository.tags !== 'mutable') return 'taken';
    repository.references.set(tag, manifest.digest);
    return 'tagged';
  }

  #scan(digest: string): ScanSeen {
    const seen = this.scans.get(digest) ?? this.scans.get('any') ?? [];
    const [
      first = { status: 'absent', description: '', findings: undefined, completedAt: undefined, isEnhanced: false },
    ] = seen;
    if (seen.length > 1) seen.shift();
    return first;
  }

  session(): RegistrySession {
    const mayMove = (name: string) => () => {
      const { tags } = this.repository(name);
      return tags === 'with-exclusion' ? undefined : tags === 'mutable';
    };
    return {
      registry: {
        host: HOST,
        digest: async (name, reference) => this.#find(name, reference)?.digest,
        manifest: async (name, reference) => this.#find(name, reference),
        putManifest: async () => undefined,
        labels: async (_, { digest }) => this.labels.get(digest) ?? {},
        tags: async (name) => [...this.repository(name).references.keys()],
        hasBlob: async () => true,
        mountBlob: async () => false,
        openBlob: () => Promise.reject(new Error('there are no blobs here')),
        putBlob: () => Promise.reject(new Error('there are no blobs here')),
      },
      scans: {
        scan: async (_, digest) => this.#scan(digest),
        startScan: async (_, digest) => void this.scansAsked.push(digest),
      },
      credentials: { username: 'AWS', password: 'not-shown' },
      describe: async (name) => (this.repositories.has(name) ? { mayMove: mayMove(name), differences: [] } : undefined),
      create: async (name) => {
        this.repository(name);
        return { mayMove: mayMove(name), differences: [] };
      },
      putTag: async (name, tag, manifest) => this.#putTag(name, tag, manifest),
    };
  }

  async #build(request: BuildRequest): Promise<string | undefined> {
    this.builds.push(request);
    await this.beforePush(request);
    if (!request.push) return undefined;
    const [, name = '', tag = ''] = /\/([^:]+):(.+)$/.exec(request.reference) ?? [];
    // No two builds of one content are alike: BuildKit's own times are in them.
    return this.push(
      name,
      `${this.content.get(name)} ${this.builds.length}`,
      [tag],
      Object.fromEntries(request.labels),
    );
  }

  async run(given: Readonly<Record<string, string>>, signal = new AbortController().signal) {
    const log = createMemoryLog();
    const result = await runBuildImage(parseInputs(given), {
      open: async () => this.session(),
      builder: {
        login: async () => {
          this.logins += 1;
        },
        build: async (request) => {
          const digest = await this.#build(request);
          return { digest: this.reported ?? digest, isCache: false };
        },
        close: async () => {
          this.closed += 1;
        },
      },
      content: async ({ repository }) => ({
        hash: digestOf(Buffer.from(this.content.get(repository) ?? '')).replace('sha256:', ''),
        bases: this.bases,
      }),
      reach: () => Promise.reject(new Error('there is no other registry')),
      paths: async ({ context, dockerfile }) => ({ context, dockerfile }),
      source: this.source,
      cpus: 2,
      log,
      clock: new FakeClock(),
      signal,
      redact: (text) => text,
    });
    const results = JSON.parse(result.outputs.results ?? '') as Record<string, Record<string, unknown>>;
    return { ...result, results, log: log.lines, summary: result.summary.render() };
  }
}
