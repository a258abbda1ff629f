import type { Instruction } from './dockerfile.ts';
import type { FileTree } from './file-tree.ts';

/** What a container of the image starts with: the fields of an OCI image's config, names as there. */
export interface StageConfig {
  readonly env: Map<string, string>;
  readonly labels: Map<string, string>;
  readonly exposed: Set<string>;
  workdir: string;
  user: string;
  entrypoint: readonly string[];
  cmd: readonly string[];
  healthcheck: Readonly<Record<string, unknown>> | undefined;
  stopSignal: string | undefined;
}

export interface Stage {
  readonly name: string | undefined;
  readonly base: string;
  readonly tree: FileTree;
  readonly config: StageConfig;
  /** Build arguments declared in this stage. */
  readonly args: Map<string, string>;
  /** RUNs that made nothing, since none is executed here. */
  readonly skipped: Instruction[];
}

/** The config of a base image, which is not pulled: what node's official images start with, without their entrypoint. */
export const emptyConfig = (): StageConfig => ({
  env: new Map([['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']]),
  labels: new Map(),
  exposed: new Set(),
  workdir: '/',
  user: '',
  entrypoint: [],
  cmd: ['node'],
  healthcheck: undefined,
  stopSignal: undefined,
});

export const copyConfig = (config: StageConfig): StageConfig => ({
  ...config,
  env: new Map(config.env),
  labels: new Map(config.labels),
  exposed: new Set(config.exposed),
});
