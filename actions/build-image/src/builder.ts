import type { Credentials } from '@hospital-ops/registry-client/authentication';
import type { Attestations } from './image.ts';

export const CACHES = ['registry', 'gha', 'inline', 'none'] as const;

/** Where the layers of earlier builds are found, and those of this one are left. */
export interface CacheRequest {
  readonly mode: (typeof CACHES)[number];
  /** `registry/repository:cache-…`, for what is kept in the registry. */
  readonly reference: string;
  /** Tells the caches of one repository's images apart. */
  readonly scope: string;
  /** Whether the registry lets the reference be written again. */
  readonly isWritable: boolean;
}

export interface BuildRequest extends Attestations {
  /** Absolute paths. */
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Id of a secret to the environment variable that holds it. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly platforms: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** Whether base images are asked for anew rather than taken from what the builder has. */
  readonly pull: boolean;
  readonly cache?: CacheRequest | undefined;
  /** `registry/repository:tag` */
  readonly reference: string;
  readonly push: boolean;
  /** Each line of the builder's output, foreign text. */
  onLine(line: string): void;
  /** What went well but for something that its user should know. */
  onWarning(text: string): void;
  /** Called when what was built is on its way to the registry. */
  onPush(): void;
}

export interface Built {
  /** What the builder says it pushed; undefined where it says nothing. */
  readonly digest: string | undefined;
  /** Whether the image itself tells later builds of its layers, so that it can stand under the cache's tag. */
  readonly isCache: boolean;
}

/** What turns a context into an image. Every call throws ToolError, or CancelledError once the run is cancelled. */
export interface Builder {
  /** Lets the builder push to and pull from `registry`. */
  login(registry: string, credentials: Credentials): Promise<void>;
  build(request: BuildRequest): Promise<Built>;
  /** Removes what login and builds left behind. */
  close(): Promise<void>;
}
