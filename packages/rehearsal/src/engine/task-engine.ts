/** A container of a task: what ECS hands to the machine once references to secrets are resolved. */
export interface ContainerSpec {
  readonly name: string;
  /** `registry/repository:tag` or `registry/repository@sha256:…`. */
  readonly image: string;
  /** Replaces the image's CMD. */
  readonly command?: readonly string[];
  /** Replaces the image's ENTRYPOINT; the image's CMD is then dropped, as Docker does. */
  readonly entryPoint?: readonly string[];
  /** Secrets already resolved into it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Container ports. */
  readonly ports: readonly number[];
  /** When an essential container ends, the task ends. */
  readonly essential: boolean;
  /** Between SIGTERM and SIGKILL; 30 s when absent, as on ECS. */
  readonly stopTimeoutMs?: number;
  /** More than this and it is killed; unlimited when absent. Engines without isolation cannot keep it. */
  readonly memoryMiB?: number;
}

export interface TaskSpec {
  readonly id: string;
  readonly family: string;
  readonly revision: number;
  /** `service:NAME` or `family:NAME`. */
  readonly group: string;
  readonly containers: readonly ContainerSpec[];
}

export interface ContainerExit {
  readonly container: string;
  readonly exitCode: number | undefined;
  readonly reason?: string;
}

/** ECS's reason for a container over its memory (Amazon ECS developer guide, "Stopped tasks error messages"). */
export const outOfMemory = 'OutOfMemoryError: Container killed due to memory usage';

export interface RunningTask {
  /** Where a container's port answers on this machine. */
  address(container: string, port: number): { readonly host: string; readonly port: number } | undefined;
  /** SIGTERM, then SIGKILL after the stop timeout; resolves when every container has ended. */
  stop(): Promise<void>;
}

export interface TaskEvents {
  line(container: string, text: string): void;
  exit(exit: ContainerExit): void;
}

/**
 * Starts tasks. Rejects with an Error whose message is ECS's stoppedReason (`CannotPullContainerError: …`) when an image
 * cannot be had.
 */
export interface TaskEngine {
  start(task: TaskSpec, events: TaskEvents): Promise<RunningTask>;
  close(): Promise<void>;
}
