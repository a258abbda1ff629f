/** Runs a job as soon as a place is free and returns what it returns. */
export type Limit = <T>(job: () => Promise<T>) => Promise<T>;

/** Returns a Limit that lets at most `places` jobs run at once, in the order of their calls. */
export const createLimit = (places: number): Limit => {
  const waiting: Array<() => void> = [];
  let free = places;
  return async (job) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};
