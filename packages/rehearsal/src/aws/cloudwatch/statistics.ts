import type { Sample } from './metric-store.ts';

const PERCENTILE = /^p(\d{1,2}(\.\d{1,10})?|100)$/;

/** Whether a statistic is known here: the five simple ones and percentiles ("CloudWatch statistics definitions"). */
export const isStatistic = (stat: string): boolean =>
  ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'].includes(stat) || PERCENTILE.test(stat);

const countOf = (samples: readonly Sample[]): number => samples.reduce((all, { count }) => all + count, 0);
const sumOf = (samples: readonly Sample[]): number => samples.reduce((all, { value, count }) => all + value * count, 0);

/** The value below which that share of the measurements lies, the nearest one that was really measured. */
const percentile = (samples: readonly Sample[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a.value - b.value);
  const rank = Math.max(1, Math.ceil((share / 100) * countOf(sorted)));
  let seen = 0;
  for (const { value, count } of sorted) {
    seen += count;
    if (seen >= rank) return value;
  }
  return sorted.at(-1)?.value ?? Number.NaN;
};

/** Returns a statistic of one period's samples; undefined when there are none, NaN for a statistic that is not known. */
export const statisticOf = (samples: readonly Sample[], stat: string): number | undefined => {
  if (samples.length === 0) return undefined;
  switch (stat) {
    case 'Sum':
      return sumOf(samples);
    case 'SampleCount':
      return countOf(samples);
    case 'Average':
      return sumOf(samples) / countOf(samples);
    case 'Minimum':
      return samples.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY);
    case 'Maximum':
      return samples.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    default: {
      const [, share] = PERCENTILE.exec(stat) ?? [];
      if (samples.some(({ ofSet }) => ofSet)) return undefined;
      return share === undefined ? Number.NaN : percentile(samples, Number(share));
    }
  }
};
