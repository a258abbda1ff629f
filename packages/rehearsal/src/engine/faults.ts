import type { FaultProxy } from './fault-proxy.ts';
import { startFaultProxy } from './fault-proxy.ts';
import type { ScriptFault } from './fault-scripts.ts';
import { containerScripts } from './fault-scripts.ts';
import { cannotPull } from './images.ts';
import type { ContainerExit, ContainerSpec, RunningTask, TaskEngine, TaskEvents, TaskSpec } from './task-engine.ts';
import { outOfMemory } from './task-engine.ts';

/** Faults of containers, with what each does. Their names are what `--fault` takes. */
export const containerFaults = {
  'crash-loop': 'every new task logs an error and exits 1 soon after its start',
  unhealthy: 'every new task answers 503 to everything',
  'slow-start': 'new tasks accept connections only some seconds after their start',
  oom: 'every new task is killed for its memory use (exit code 137)',
  'image-missing': 'the image of new tasks cannot be pulled',
  '5xx-after-deploy': 'new tasks are healthy for the load balancer and answer 500 to everything else',
  'migration-fails': 'the migration task logs an SQL error and exits 1',
  'migration-hangs': 'the migration task never ends by itself',
} as const;

export type ContainerFaultName = keyof typeof containerFaults;

/** Faults that show only where something connects to a port; on a service without one they change nothing. */
export const portFaults: readonly ContainerFaultName[] = ['unhealthy', 'slow-start', '5xx-after-deploy'];

export interface ContainerFault {
  readonly name: ContainerFaultName;
  /** The service's short name (`api` of `hospital-ops-production-api`), its whole name, or a family. */
  readonly target: string;
  /** Names of the ECS services that make up the target, where they are known. */
  readonly services?: readonly string[];
}

export interface FaultOptions {
  readonly faults: readonly ContainerFault[];
  /** Whether a task is what ran before the release; those are never touched. */
  isBaseline(task: TaskSpec): boolean;
  /** For `slow-start`. Milliseconds. */
  readonly slowStartMs?: number;
}

const standardSlowStartMs = 8_000;

const named = (name: string, target: string): boolean => name === target || name.endsWith(`-${target}`);

/** Whether a fault concerns a task: migration faults strike tasks that belong to no service, the others services. */
export const strikes = ({ name, target, services }: ContainerFault, { group, family }: TaskSpec): boolean => {
  const [kind, groupName = ''] = group.split(/:(.*)/);
  if (name.startsWith('migration-')) return kind !== 'service';
  if (kind !== 'service') return named(family, target);
  return services === undefined ? named(groupName, target) : services.includes(groupName);
};

const isScript = (name: ContainerFaultName): name is ScriptFault => Object.hasOwn(containerScripts, name);

/** Replaces the essential containers' program: the image is still pulled, and anything else of the task stays. */
const withScript = (task: TaskSpec, name: ScriptFault): TaskSpec => ({
  ...task,
  containers: task.containers.map(
    (container): ContainerSpec =>
      container.essential
        ? {
            ...container,
            entryPoint: ['node'],
            command: ['--eval', containerScripts[name]],
            // Where the engine does not say by PORT where to listen, it is the port of the task definition.
            environment: {
              ...(container.ports[0] !== undefined && { PORT: String(container.ports[0]) }),
              ...container.environment,
            },
          }
        : container,
  ),
});

const withReason = (events: TaskEvents): TaskEvents => ({
  line: (container, text) => events.line(container, text),
  exit: (exit: ContainerExit) => events.exit(exit.exitCode === 137 ? { ...exit, reason: outOfMemory } : exit),
});

/** Puts a proxy in front of every port of a task. */
const behindProxies = async (
  task: TaskSpec,
  running: RunningTask,
  start: (target: { host: string; port: number }) => Promise<FaultProxy>,
): Promise<RunningTask> => {
  const proxies = new Map<string, FaultProxy>();
  for (const container of task.containers) {
    for (const port of container.ports) {
      const target = running.address(container.name, port);
      if (target) proxies.set(`${container.name}:${port}`, await start(target));
    }
  }
  return {
    address: (container, port) => proxies.get(`${container}:${port}`)?.address,
    stop: async () => {
      await running.stop();
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
};

/**
 * Returns an engine whose tasks misbehave as `faults` say, unless they are the baseline. The faults happen in real
 * processes behind real ports, so what is observed is what a broken release would show.
 */
export const withFaults = (engine: TaskEngine, options: FaultOptions): TaskEngine => ({
  close: () => engine.close(),
  start: async (task, events) => {
    const fault = options.isBaseline(task) ? undefined : options.faults.find((candidate) => strikes(candidate, task));
    if (!fault) return engine.start(task, events);
    const { name } = fault;
    if (name === 'image-missing') throw cannotPull(task.containers[0]?.image ?? '');
    if (isScript(name)) return engine.start(withScript(task, name), name === 'oom' ? withReason(events) : events);
    const running = await engine.start(task, events);
    const behaviour =
      name === 'slow-start'
        ? { listenAfterMs: options.slowStartMs ?? standardSlowStartMs, failsVisitors: false }
        : { listenAfterMs: 0, failsVisitors: true };
    return behindProxies(task, running, (target) => startFaultProxy({ ...behaviour, target }));
  },
});
