/** A service container of a job, with every expression in it evaluated. */
export interface ServiceSpec {
  /** Its key in `services:`. */
  readonly id: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
  /** `--health-cmd` and so on, as words. */
  readonly options: readonly string[];
  readonly volumes: readonly string[];
}

export interface ServicePort {
  /** On this machine; undefined is any free one. */
  readonly host: number | undefined;
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface ServiceTools {
  /** A folder of the job. */
  readonly temp: string;
  readonly signal: AbortSignal;
  log(line: string): void;
}

export interface RunningService {
  readonly id: string;
  readonly network: string;
  /** Ports of this machine by those of the container. */
  readonly ports: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** What runs service containers, or what stands in their place. */
export interface ServiceEngine {
  /** Returns why the image cannot be run here, undefined when it can. */
  refusal(image: string): string | undefined;
  /** Resolves once the service can be used. Throws an Error that says why it cannot. */
  start(spec: ServiceSpec, tools: ServiceTools): Promise<RunningService>;
}
