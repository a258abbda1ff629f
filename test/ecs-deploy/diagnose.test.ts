import { TaskStopCode } from '@aws-sdk/client-ecs';
import type { Task } from '@hospital-ops/aws/ecs/ports';
import { describe, expect, test } from '@jest/globals';
import { describeStop, failedTasksOf, isTaskFailure } from '../../actions/ecs-deploy/src/diagnose.ts';

const container = (given = {}) => ({
  name: 'api',
  image: 'i',
  lastStatus: 'STOPPED',
  exitCode: undefined,
  reason: undefined,
  ...given,
});
const task = (given: Partial<Task> = {}): Task => ({
  arn: 'arn:aws:ecs:r:1:task/c/abc',
  taskDefinition: 'api:2',
  lastStatus: 'STOPPED',
  desiredStatus: 'STOPPED',
  startedBy: undefined,
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  stoppedAt: 1,
  startedAt: 0,
  containers: [container({ exitCode: 1 })],
  ...given,
});

describe('a stopped task counts against its revision', () => {
  const rows: Readonly<Record<string, boolean>> = {
    EssentialContainerExited: true,
    TaskFailedToStart: true,
    ServiceSchedulerInitiated: false,
    SpotInterruption: false,
    TerminationNotice: false,
    UserInitiated: false,
    InfrastructureHealth: false,
  };
  test('every stop code of the API has its row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.values(TaskStopCode).sort());
  });
  test.each(Object.entries(rows))('%s: %s', (stopCode, counts) => {
    expect(isTaskFailure(task({ stopCode, stoppedReason: 'Scaling activity initiated by deployment' }))).toBe(counts);
  });
  test('when the scheduler stopped it for its health check', () => {
    const stoppedReason = 'Task failed ELB health checks in (target-group x)';
    expect(isTaskFailure(task({ stopCode: 'ServiceSchedulerInitiated', stoppedReason }))).toBe(true);
  });
});

describe('why a task stopped', () => {
  test('S7: a task that could not start shows the reason of ECS', () => {
    const stoppedReason = 'CannotPullContainerError: pull image manifest has been retried 1 time(s)';
    const text = describeStop(task({ stopCode: 'TaskFailedToStart', stoppedReason, containers: [container()] }));
    expect(text).toBe(`(TaskFailedToStart: ${stoppedReason})`);
  });
  test('names the container that failed, not the sidecar that was stopped first', () => {
    const containers = [
      container({ name: 'proxy', exitCode: 0 }),
      container({ exitCode: 137, reason: 'OutOfMemoryError' }),
    ];
    expect(describeStop(task({ containers }))).toMatch(/^container "api" exited 137: OutOfMemoryError \(Essential/);
  });
  test('foreign text stays one inert line', () => {
    const text = describeStop(task({ stoppedReason: 'a\n::error::b\n##[error]c' }));
    expect(text).not.toMatch(/\n|##\[/);
  });
});

test('only failed tasks of the revision count, newest first', () => {
  const tasks = [
    task({ arn: 'a', stoppedAt: 1 }),
    task({ arn: 'b', stoppedAt: 5 }),
    task({ taskDefinition: 'api:1' }),
    task({ stopCode: 'UserInitiated' }),
  ];
  expect(failedTasksOf(tasks, 'api:2', 0).map(({ arn }) => arn)).toEqual(['b', 'a']);
  expect(failedTasksOf(tasks, 'api:2', 3).map(({ arn }) => arn)).toEqual(['b']);
});
