/** What a process with the suite's own code finds in its environment: where Node keeps what it has compiled. */
export const ownProcessEnv = (): Record<string, string> => {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
};
