const UNITS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/**
 * Returns the seconds that `text` spells, or undefined when it is no duration. Accepted are a bare number of seconds
 * (`90`) and units in falling order, each once (`1h30m`, `15m`, `90s`, `1d`). `0` is a value.
 */
export const parseDuration = (text: string): number | undefined => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const match = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/.exec(text);
  if (text === '' || !match) return undefined;
  const [, d = '0', h = '0', m = '0', s = '0'] = match;
  return Number(d) * UNITS.d + Number(h) * UNITS.h + Number(m) * UNITS.m + Number(s);
};

/** Returns `seconds` as people write it: `0s`, `45s`, `3m12s`, `1h05m`. Fractions are rounded to whole seconds. */
export const formatDuration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = whole % 60;
  const two = (n: number) => String(n).padStart(2, '0');
  if (h > 0) return `${h}h${two(m)}m`;
  return m > 0 ? `${m}m${two(s)}s` : `${s}s`;
};
