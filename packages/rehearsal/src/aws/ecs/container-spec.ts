import type { ContainerSpec, TaskSpec } from '../../engine/task-engine.ts';
import type { ContainerDefinition, ContainerOverride } from './client.ts';
import type { Task } from './state.ts';

const environmentOf = (
  definition: ContainerDefinition,
  override: ContainerOverride | undefined,
  resolve: (valueFrom: string) => string,
): Record<string, string> => ({
  ...Object.fromEntries((definition.environment ?? []).map(({ name = '', value = '' }) => [name, value])),
  ...Object.fromEntries((definition.secrets ?? []).map(({ name = '', valueFrom = '' }) => [name, resolve(valueFrom)])),
  ...Object.fromEntries((override?.environment ?? []).map(({ name = '', value = '' }) => [name, value])),
});

/**
 * Returns what the engine is to start for a task: its definition with the overrides of RunTask and secrets resolved.
 * Throws what `resolve` throws. `stopTimeoutMs` caps the stop timeouts of the definition, which are seconds.
 */
export const specOf = (task: Task, resolve: (valueFrom: string) => string, stopTimeoutMs: number): TaskSpec => ({
  id: task.id,
  family: task.taskDefinition.family,
  revision: task.taskDefinition.revision,
  group: task.group,
  containers: (task.taskDefinition.request.containerDefinitions ?? []).map((definition): ContainerSpec => {
    const override = task.overrides.containerOverrides?.find(({ name }) => name === definition.name);
    const command = override?.command ?? definition.command;
    // Without a limit of its own a container may use what its task has.
    const memory = override?.memory ?? definition.memory ?? Number(task.taskDefinition.request.memory);
    return {
      name: definition.name ?? '',
      image: definition.image ?? '',
      ...(command && command.length > 0 ? { command } : {}),
      ...(definition.entryPoint && definition.entryPoint.length > 0 ? { entryPoint: definition.entryPoint } : {}),
      environment: environmentOf(definition, override, resolve),
      ports: (definition.portMappings ?? []).flatMap(({ containerPort }) =>
        containerPort === undefined ? [] : [containerPort],
      ),
      essential: definition.essential ?? true,
      // 30 s when the definition says nothing ("stopTimeout", API_ContainerDefinition).
      stopTimeoutMs: Math.min((definition.stopTimeout ?? 30) * 1000, stopTimeoutMs),
      ...(memory > 0 ? { memoryMiB: memory } : {}),
    };
  }),
});
