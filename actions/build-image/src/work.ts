import type { Clock } from '@hospital-ops/action-kit/clock';
import type { BaseImage } from './base-images.ts';
import type { Builder, CACHES } from './builder.ts';
import type { Attestations, ImageResult, ImageSpec, Phases, Source } from './image.ts';
import type { Reached } from './open-session.ts';
import type { Tagging } from './put-tags.ts';
import type { Judged, ScanRules } from './scan-rules.ts';
import type { RegistrySession } from './session.ts';
import type { TagRequest } from './tags.ts';

/** What an image's content depends on, looked at once. */
export interface Content {
  readonly hash: string;
  readonly bases: readonly BaseImage[];
}

export interface ImageDeps {
  /** Absent where nothing is pushed. */
  readonly session?: RegistrySession | undefined;
  readonly builder: Builder;
  /** Lets the builder in to the registry and to those of base images, each once for all images. */
  prepareBuilder(bases: readonly BaseImage[]): Promise<void>;
  /** Lets the builder in anew, once for all images; false where that cannot be done. */
  renewLogin(): Promise<boolean>;
  content(spec: ImageSpec): Promise<Content>;
  /** Absolute paths, checked. */
  paths(spec: ImageSpec): Promise<{ readonly context: string; readonly dockerfile: string }>;
  /** Another registry, logged in to. */
  reach(host: string): Promise<Reached>;
  readonly source: Source;
  readonly createRepository: boolean;
  readonly cache: (typeof CACHES)[number];
  readonly attestations: Attestations;
  readonly scan: ScanRules;
  readonly dryRun: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A line of this image's log. */
  say(line: string): void;
  notice(text: string): void;
  warn(text: string): void;
}

/** Runs `work` and adds its time to a phase. */
export type Measure = <T>(phase: keyof Phases, work: () => Promise<T>) => Promise<T>;

/** One image on its way through a registry. */
export interface Work {
  readonly spec: ImageSpec;
  readonly tags: TagRequest;
  readonly deps: ImageDeps;
  readonly tagging: Tagging;
  readonly stopwatch: Stopwatch;
}

/** What a way of producing an image found out about it. */
export interface Found
  extends Pick<
    ImageResult,
    'outcome' | 'plan' | 'digest' | 'revision' | 'contentHash' | 'tags' | 'cachedSteps' | 'platformDigests'
  > {
  readonly judged?: readonly Judged[] | undefined;
}

export interface Stopwatch {
  readonly phases: Phases;
  readonly measure: Measure;
  /** Ends the phase that is measured, and gives what is left of it to another. */
  turn(from: keyof Phases, to: keyof Phases): void;
}

export const createStopwatch = (now: () => number): Stopwatch => {
  const phases: { -readonly [K in keyof Phases]: Phases[K] } = {};
  const running = new Map<keyof Phases, { phase: keyof Phases; since: number }>();
  const end = (phase: keyof Phases, since: number) => {
    phases[phase] = (phases[phase] ?? 0) + now() - since;
  };
  return {
    phases,
    measure: async (phase, work) => {
      const current = { phase, since: now() };
      running.set(phase, current);
      try {
        return await work();
      } finally {
        end(current.phase, current.since);
      }
    },
    turn: (from, to) => {
      const current = running.get(from);
      if (current === undefined || current.phase === to) return;
      end(current.phase, current.since);
      current.phase = to;
      current.since = now();
    },
  };
};
