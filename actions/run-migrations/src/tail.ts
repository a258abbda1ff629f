import type { Clock } from '@hospital-ops/action-kit/clock';
import { causeOf } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { isTransient } from '@hospital-ops/aws/errors';
import type { LogStream, Logs } from '@hospital-ops/aws/logs/ports';

export interface Tail {
  /** Prints what came since the last time; asked again meanwhile, it goes on with the same look. Never throws. */
  pump(): Promise<void>;
  /** Prints what arrives late: lines reach CloudWatch a moment after the container has ended. */
  flush(waits: readonly number[]): Promise<void>;
  /** The last lines that were seen, oldest first. */
  readonly last: readonly string[];
}

const KEPT = 20;
/** A page holds up to 10,000 lines; a pump reads at most this many of them before the task is looked at again. */
const PAGES = 20;

/** Returns a reader that prints a container's log as it grows; foreign lines are made inert by the log. */
export const createTail = (
  { logs, log, clock }: { readonly logs: Logs; readonly log: Log; readonly clock: Clock },
  stream: LogStream | undefined,
  container: string,
  print: boolean,
): Tail => {
  const last: string[] = [];
  let token: string | undefined;
  let open = stream !== undefined;
  let came = false;
  const read = async (): Promise<void> => {
    came = false;
    if (stream === undefined || !open) return;
    try {
      for (let page = 0; page < PAGES; page += 1) {
        const answer = await logs.readOn(stream, token);
        if (answer === undefined) return;
        for (const { message } of answer.lines) {
          if (print) log.info(`${container} | ${message}`);
          last.push(message);
          if (last.length > KEPT) last.shift();
        }
        came ||= answer.lines.length > 0;
        if (answer.next === undefined || answer.next === token) return;
        token = answer.next;
      }
    } catch (error) {
      if (isTransient(error)) return;
      open = false;
      log.warning(`${causeOf(error)} The log cannot be shown; the exit code decides all the same.`);
    }
  };
  let reading: Promise<void> | undefined;
  const pump = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return {
    pump,
    flush: async (waits) => {
      await pump();
      for (const wait of waits) {
        if (!open) return;
        await clock.sleep(wait);
        await pump();
        if (!came && last.length > 0) return;
      }
    },
    last,
  };
};
