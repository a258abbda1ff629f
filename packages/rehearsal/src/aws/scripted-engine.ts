import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import type { ContainerSpec, RunningTask, TaskEngine, TaskEvents, TaskSpec } from '../engine/task-engine.ts';
import type { Probe } from './elbv2/probe.ts';

/** What a container does. Times are milliseconds from its start. */
export interface Script {
  /** Ends by itself after this time; runs for ever when absent. */
  readonly exitAfterMs?: number;
  /** Default 0. */
  readonly exitCode?: number;
  readonly reason?: string;
  /** The task does not start; this is its stoppedReason. */
  readonly failsToStart?: string;
  /** Lines written at the start. */
  readonly lines?: readonly string[];
  /** When its health check passes from: 0 by default, never for `Infinity`. */
  readonly healthyAfterMs?: number;
  /** What a failing health check answers; default 503, 0 for no answer. */
  readonly unhealthyStatus?: number;
  /** How long it takes to end after SIGTERM; default 0. */
  readonly stopsAfterMs?: number;
  /** Its exit code after SIGTERM; default 143. */
  readonly stopExitCode?: number;
}

export const RUNS: Script = {};
export const exits = (exitCode: number, exitAfterMs = 10): Script => ({ exitCode, exitAfterMs });
export const OUT_OF_MEMORY: Script = {
  exitAfterMs: 10,
  exitCode: 137,
  reason: 'OutOfMemoryError: Container killed due to memory usage',
};
export const cannotPull = (image: string): Script => ({
  failsToStart: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: not found`,
});
export const NEVER_HEALTHY: Script = { healthyAfterMs: Number.POSITIVE_INFINITY };

export interface ScriptedEngine extends TaskEngine {
  /** Every task that was to be started, in order. */
  readonly started: readonly TaskSpec[];
  /** For the option `probe` of `startLocalAws`: answers health checks by the scripts, without sockets. */
  readonly probe: Probe;
}

interface Running {
  readonly script: Script;
  readonly since: number;
}

/**
 * Returns an engine whose containers only play: `script` says for each container what it does. Nothing is listened on and
 * no process is started, so it goes with a virtual clock. Pass the clock that the local AWS gets.
 */
export const createScriptedEngine = (
  clock: Clock,
  script: (container: ContainerSpec, task: TaskSpec) => Script,
): ScriptedEngine => {
  const started: TaskSpec[] = [];
  const places = new Map<number, Running>();
  const open = new Set<AbortController>();
  let nextPort = 40_000;

  const play = (
    task: TaskSpec,
    container: ContainerSpec,
    events: TaskEvents,
  ): { port: number; stop(): Promise<void> } => {
    const plays = script(container, task);
    const over = new AbortController();
    open.add(over);
    const port = nextPort++;
    places.set(port, { script: plays, since: clock.now() });
    let ended = false;
    const end = (exitCode: number, reason?: string) => {
      if (ended) return;
      ended = true;
      places.delete(port);
      open.delete(over);
      over.abort();
      events.exit({ container: container.name, exitCode, ...(reason === undefined ? {} : { reason }) });
    };
    for (const line of plays.lines ?? []) events.line(container.name, line);
    if (plays.exitAfterMs !== undefined)
      clock.sleep(plays.exitAfterMs, over.signal).then(
        () => end(plays.exitCode ?? 0, plays.reason),
        (error: unknown) => {
          if (!(error instanceof CancelledError)) throw error;
        },
      );
    const stop = async () => {
      if (!ended && plays.stopsAfterMs) await clock.sleep(plays.stopsAfterMs);
      end(plays.stopExitCode ?? 143);
    };
    return { port, stop };
  };

  return {
    started,
    start: async (task, events): Promise<RunningTask> => {
      started.push(task);
      for (const container of task.containers) {
        const { failsToStart } = script(container, task);
        if (failsToStart !== undefined) throw new Error(failsToStart);
      }
      const playing = new Map(task.containers.map((container) => [container.name, play(task, container, events)]));
      return {
        address: (container) => {
          const port = playing.get(container)?.port;
          return port === undefined ? undefined : { host: '127.0.0.1', port };
        },
        stop: async () => {
          await Promise.all([...playing.values()].map((container) => container.stop()));
        },
      };
    },
    close: async () => {
      for (const controller of open) controller.abort();
    },
    probe: async ({ port }) => {
      const running = places.get(port);
      if (running === undefined) throw new Error('connect ECONNREFUSED');
      const healthy = clock.now() - running.since >= (running.script.healthyAfterMs ?? 0);
      const status = healthy ? 200 : (running.script.unhealthyStatus ?? 503);
      if (status === 0) throw new Error('connect ECONNREFUSED');
      return status;
    },
  };
};
