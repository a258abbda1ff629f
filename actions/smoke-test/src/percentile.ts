/** Returns the `percent`th percentile of `values` by nearest rank: a value that was measured. Undefined for none. */
export const percentile = (values: readonly number[], percent: number): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
};
