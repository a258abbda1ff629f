import type { Task } from '../ecs/state.ts';
import type { LogStore } from './log-store.ts';

/**
 * Opens a task's log streams `<prefix>/<container>/<task id>` and returns where a container's lines go. Throws an Error
 * with ECS's stoppedReason when a group is missing and `awslogs-create-group` does not create it ("Using the awslogs log
 * driver"). Containers with another driver, or none, are not kept.
 */
export const openAwsLogs = (
  store: LogStore,
  task: Task,
  now: () => number,
): ((container: string, line: string) => void) => {
  const streams = new Map<string, { lines: Array<{ timestamp: number; message: string; ingestionTime: number }> }>();
  for (const { name = '', logConfiguration } of task.taskDefinition.request.containerDefinitions ?? []) {
    if (logConfiguration?.logDriver !== 'awslogs') continue;
    const options = logConfiguration.options ?? {};
    const groupName = options['awslogs-group'] ?? '';
    const create = options['awslogs-create-group'] === 'true';
    const group = store.groups.get(groupName) ?? (create ? store.createGroup(groupName, now()) : undefined);
    if (group === undefined)
      throw new Error(
        'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1',
      );
    const prefix = options['awslogs-stream-prefix'];
    const stream = prefix === undefined ? task.id : `${prefix}/${name}/${task.id}`;
    streams.set(name, store.openStream(group, stream, now()));
  }
  return (container, message) =>
    streams.get(container)?.lines.push({ timestamp: now(), message, ingestionTime: now() });
};
