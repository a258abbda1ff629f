/**
 * The runner cancels a step by SIGINT, SIGTERM 7.5 s later and a kill 2.5 s after that (actions/runner,
 * ProcessInvoker.cs). The signal aborts at the first of them; clean-up has CLEAN_UP_MS from then.
 */
export const CLEAN_UP_MS = 9_000;

/** Returns a signal that aborts at the first SIGINT or SIGTERM of this process; later ones change nothing. */
export const cancellationOf = (process: NodeJS.EventEmitter): AbortSignal => {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  return controller.signal;
};
