import { TaskStopCode } from '@aws-sdk/client-ecs';
import type { Task } from '@hospital-ops/aws/ecs/ports';
import { describe, expect, test } from '@jest/globals';
import { consoleLink } from '../../actions/ecs-deploy/src/report/console-link.ts';
import { badEvents, describeStop, failedTasksOf, isTaskFailure } from '../../actions/ecs-deploy/src/report/diagnose.ts';
import { describeHealth } from '../../actions/ecs-deploy/src/report/target-health.ts';

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
  test('says how every container ended', () => {
    const containers = [container({ exitCode: 1 }), container({ name: 'proxy', exitCode: 143 })];
    expect(describeStop(task({ containers }))).toBe(
      'container "api" exited 1 (EssentialContainerExited: Essential container in task exited); beside it "proxy" exited 143',
    );
  });
  test('a container without memory is the cause, whoever else failed', () => {
    const containers = [
      container({ name: 'proxy', exitCode: 1 }),
      container({ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }),
    ];
    expect(describeStop(task({ containers }))).toMatch(/^container "api" exited 137: OutOfMemoryError/);
  });
  test('exit code 137 without a reason is explained', () => {
    expect(describeStop(task({ containers: [container({ exitCode: 137 })] }))).toMatch(
      /exited 137 \(killed, mostly for lack of memory\)/,
    );
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

describe('what a load balancer says of the targets of a service', () => {
  const GROUP = 'arn:aws:elasticloadbalancing:r:1:targetgroup/api/0123456789abcdef';
  const target = (state: string, reason?: string, description?: string) => ({
    target: 't',
    state,
    reason,
    description,
  });
  test.each<[rule: string, targets: ReturnType<typeof target>[], told: string]>([
    ['healthy targets are nothing to tell', [target('healthy'), target('initial'), target('draining')], ''],
    [
      'the reason of the load balancer is told with how many it is about',
      [
        target('healthy'),
        target('unhealthy', 'Target.ResponseCodeMismatch', 'Health checks failed with these codes: [503]'),
      ],
      '1 of 2 targets of target group "api" are not healthy (Target.ResponseCodeMismatch: Health checks failed with these codes: [503])',
    ],
    [
      'equal reasons are told once',
      [target('unhealthy', 'Target.Timeout'), target('unhealthy', 'Target.Timeout')],
      '2 of 2 targets of target group "api" are not healthy (Target.Timeout)',
    ],
  ])('%s', (_rule, targets, told) => {
    expect(describeHealth(GROUP, targets)).toBe(told);
  });
});

test('events that tell of something bad are told once, the newest two, inert', () => {
  const event = (at: number, message: string) => ({ id: String(at), at, message });
  const events = [
    event(5, 'unable to place a task\n::error::x'),
    event(4, '(service api) (deployment d) deployment failed: tasks failed to start.'),
    event(3, 'has reached a steady state'),
    event(2, 'unable to place a task'),
    event(1, 'error of long ago'),
  ];
  expect(badEvents(events, 2)).toEqual([
    '(service api) (deployment d) deployment failed: tasks failed to start.',
    'unable to place a task ⏎ ::error::x',
  ]);
});

describe('the page of a service in the console', () => {
  test.each<[arn: string, url: string | undefined]>([
    [
      'arn:aws:ecs:ap-south-1:1:service/prod/api',
      'https://ap-south-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/api/health?region=ap-south-1',
    ],
    [
      'arn:aws-cn:ecs:cn-north-1:1:service/prod/api',
      'https://cn-north-1.console.amazonaws.cn/ecs/v2/clusters/prod/services/api/health?region=cn-north-1',
    ],
    [
      'arn:aws-us-gov:ecs:us-gov-west-1:1:service/prod/api',
      'https://us-gov-west-1.console.amazonaws-us-gov.com/ecs/v2/clusters/prod/services/api/health?region=us-gov-west-1',
    ],
    ['arn:aws:ecs:ap-south-1:1:service/api', undefined],
    ['arn:aws-iso:ecs:us-iso-east-1:1:service/prod/api', undefined],
    ['arn:aws:ecs:evil.example/:1:service/prod/api', undefined],
    ['nonsense', undefined],
  ])('%s', (arn, url) => {
    expect(consoleLink(arn)).toBe(url);
  });
});
