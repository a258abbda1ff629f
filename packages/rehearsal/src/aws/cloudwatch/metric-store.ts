/** A metric is its namespace, its name and its dimensions, all of them ("CloudWatch concepts"). */
export interface MetricKey {
  readonly namespace: string;
  readonly name: string;
  /** By name. */
  readonly dimensions: ReadonlyMap<string, string>;
}

export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
  /** How often the value was measured. */
  readonly count: number;
  readonly unit: string;
  /** Comes from a statistic set, which has no percentiles (API_PutMetricData). */
  readonly ofSet?: boolean;
}

export interface Metric extends MetricKey {
  /** In order of time. */
  readonly samples: readonly Sample[];
}

interface Stored extends MetricKey {
  samples: Sample[];
}

/** Kept per metric; the oldest go first. */
const MAX_SAMPLES = 50_000;

const identity = ({ namespace, name, dimensions }: MetricKey): string =>
  JSON.stringify([namespace, name, [...dimensions].sort(([a], [b]) => (a < b ? -1 : 1))]);

/** Returns the index of the first sample at `time` or later. */
const firstAt = (samples: readonly Sample[], time: number): number => {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const sample = samples[middle];
    if (sample !== undefined && sample.at < time) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Every measurement of every metric. */
export class MetricStore {
  readonly #metrics = new Map<string, Stored>();
  /** How long it takes until a measurement can be read. */
  delayMs = 0;

  /** `unit` defaults to None, as in API_MetricDatum. */
  put(key: MetricKey, sample: { at: number; value: number; count?: number; unit?: string; ofSet?: boolean }): void {
    const id = identity(key);
    const metric = this.#metrics.get(id) ?? { ...key, samples: [] };
    this.#metrics.set(id, metric);
    const { at, value, count = 1, unit = 'None', ofSet = false } = sample;
    const { samples } = metric;
    const last = samples.at(-1);
    if (last === undefined || last.at <= at) samples.push({ at, value, count, unit, ofSet });
    else samples.splice(firstAt(samples, at + 1), 0, { at, value, count, unit, ofSet });
    if (samples.length > MAX_SAMPLES) metric.samples = samples.slice(-MAX_SAMPLES / 2);
  }

  metrics(): Metric[] {
    return [...this.#metrics.values()];
  }

  find(key: MetricKey): Metric | undefined {
    return this.#metrics.get(identity(key));
  }
}

/** Returns the samples from `from` (inclusive) to `to` (exclusive). */
export const samplesBetween = ({ samples }: Metric, from: number, to: number): readonly Sample[] =>
  samples.slice(firstAt(samples, from), firstAt(samples, to));

/** Until when measurements can be read at `now`. */
export const visibleTo = ({ delayMs }: MetricStore, now: number): number => now - delayMs + 1;
