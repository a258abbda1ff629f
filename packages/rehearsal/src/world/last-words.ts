import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import type { CallAws } from './call-aws.ts';

interface StoppedTask {
  readonly taskArn: string;
  readonly stoppedReason?: string;
  readonly stoppedAt?: number;
  readonly containers: ReadonlyArray<{ readonly exitCode?: number }>;
}

const LINES = 12;

/** Where in the code something was thrown: many lines below the one that says what. */
const STACK = /^\s+at /;

/** Returns the last lines of one container's log that say something, each behind a bar; none where there is no log. */
export const lastLines = async (call: CallAws, group: string, stream: string): Promise<string[]> => {
  const { events } = (await call('logs', 'FilterLogEvents', {
    logGroupName: group,
    logStreamNamePrefix: stream,
  }).catch(() => ({ events: [] }))) as { events: ReadonlyArray<{ readonly message: string }> };
  return events
    .filter(({ message }) => !STACK.test(message) && message.trim() !== '')
    .slice(-LINES)
    .map(({ message }) => `| ${message}`);
};

/** Returns why the last task of `service` stopped, and the end of its log; empty when none has stopped. */
export const lastWords = async (
  call: CallAws,
  environment: ResolvedEnvironment,
  service: ResolvedService,
): Promise<string[]> => {
  const { cluster } = environment;
  const { taskArns } = (await call('ecs', 'ListTasks', {
    cluster,
    serviceName: service.service,
    desiredStatus: 'STOPPED',
  })) as { taskArns: readonly string[] };
  if (taskArns.length === 0) return [];
  const { tasks } = (await call('ecs', 'DescribeTasks', { cluster, tasks: taskArns })) as {
    tasks: readonly StoppedTask[];
  };
  const exited = (task: StoppedTask) => task.containers.some(({ exitCode }) => (exitCode ?? 0) !== 0);
  const order = [...tasks].sort((a, b) => (a.stoppedAt ?? 0) - (b.stoppedAt ?? 0));
  const last = order.findLast(exited) ?? order.at(-1);
  if (last === undefined) return [];
  const code = last.containers.map(({ exitCode }) => exitCode).find((exitCode) => exitCode !== undefined);
  const stream = `${service.name}/${service.container}/${last.taskArn.split('/').at(-1)}`;
  return [
    `${code === undefined ? 'stopped' : `exited ${code}`}: ${last.stoppedReason ?? 'no reason was given'}`,
    ...(await lastLines(call, `/ecs/${service.service}`, stream)),
  ];
};
