import type { Credentials } from '@hospital-ops/registry-client/authentication';

export interface BuildRequest {
  /** Absolute paths. */
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly platforms: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** `registry/repository:tag` */
  readonly reference: string;
  readonly push: boolean;
  /** Each line of the builder's output, foreign text. */
  onLine(line: string): void;
}

/** What turns a context into an image. Every call throws ToolError, or CancelledError once the run is cancelled. */
export interface Builder {
  /** Lets the builder push to `registry`. */
  login(registry: string, credentials: Credentials): Promise<void>;
  /** Returns the digest that the builder says it pushed, or undefined where it says none. */
  build(request: BuildRequest): Promise<string | undefined>;
  /** Removes what login and builds left behind. */
  close(): Promise<void>;
}
