export interface Progress {
  /** Starts a numbered step; the function that comes back ends it, with lines about what was done instead. */
  start(title: string): (remark?: string) => void;
  step<T>(title: string, work: () => T): T;
  remark(text: string): void;
}

/** Writes steps as BuildKit's `--progress plain` does. */
export const createProgress = (write: (text: string) => void): Progress => {
  let count = 0;
  const start = (title: string) => {
    const number = ++count;
    const from = performance.now();
    write(`#${number} ${title}\n`);
    return (remark?: string) => {
      for (const line of remark?.split('\n') ?? []) write(`#${number} ${line}\n`);
      write(`#${number} DONE ${((performance.now() - from) / 1000).toFixed(1)}s\n\n`);
    };
  };
  return {
    start,
    step: (title, work) => {
      const done = start(title);
      const result = work();
      done();
      return result;
    },
    remark: (text) => write(`${text}\n`),
  };
};
