import type { Clock } from '@hospital-ops/action-kit/clock';
import type { Builder } from './builder.ts';
import type { ImageResult, ImageSpec, Phases, Source } from './image.ts';
import type { Tagging } from './put-tags.ts';
import type { RegistrySession } from './session.ts';

export interface ImageDeps {
  /** Absent where nothing is pushed. */
  readonly session?: RegistrySession | undefined;
  readonly builder: Builder;
  /** Logs the builder in to the registry, once for all images. */
  prepareBuilder(): Promise<void>;
  contentHash(spec: ImageSpec): Promise<string>;
  /** Absolute paths, checked. */
  paths(spec: ImageSpec): Promise<{ readonly context: string; readonly dockerfile: string }>;
  readonly source: Source;
  readonly createRepository: boolean;
  readonly dryRun: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A line of this image's log. */
  say(line: string): void;
}

/** Runs `work` and adds its time to a phase. */
export type Measure = <T>(phase: keyof Phases, work: () => Promise<T>) => Promise<T>;

/** One image on its way through a registry. */
export interface Work {
  readonly spec: ImageSpec;
  readonly tags: readonly string[];
  readonly deps: ImageDeps;
  readonly tagging: Tagging;
  readonly measure: Measure;
}

/** What a way of producing an image found out about it. */
export type Found = Pick<ImageResult, 'outcome' | 'plan' | 'digest' | 'revision' | 'contentHash'>;

export const createStopwatch = (now: () => number): { readonly phases: Phases; readonly measure: Measure } => {
  const phases: { -readonly [K in keyof Phases]: Phases[K] } = {};
  const measure: Measure = async (phase, work) => {
    const start = now();
    try {
      return await work();
    } finally {
      phases[phase] = (phases[phase] ?? 0) + now() - start;
    }
  };
  return { phases, measure };
};
