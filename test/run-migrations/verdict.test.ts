import { TaskStopCode } from '@aws-sdk/client-ecs';
import { AwsError, asOpsError, CancelledError, InputError, OpsError } from '@hospital-ops/action-kit/errors';
import type { ContainerState, Task } from '@hospital-ops/aws/ecs/ports';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startCauseOf } from '../../actions/run-migrations/src/causes.ts';
import { parseCommand } from '../../actions/run-migrations/src/inputs.ts';
import { clientTokenOf } from '../../actions/run-migrations/src/prepare.ts';
import { failedOutputs } from '../../actions/run-migrations/src/run.ts';
import { judge, judgeStopped, judgeTask, refusedStart } from '../../actions/run-migrations/src/verdict.ts';
import { migrationInputs } from './migration-world.ts';

const container = (given: Partial<ContainerState> = {}): ContainerState => ({
  name: 'migrate',
  image: 'i',
  lastStatus: 'STOPPED',
  exitCode: undefined,
  reason: undefined,
  ...given,
});

const task = (given: Partial<Task> = {}, ...containers: readonly ContainerState[]): Task => ({
  arn: 'arn:aws:ecs:r:1:task/c/abc',
  taskDefinition: 'migrate:2',
  lastStatus: 'STOPPED',
  desiredStatus: 'STOPPED',
  startedBy: undefined,
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  stoppedAt: 2,
  startedAt: 1,
  containers,
  ...given,
});

describe('the verdict on a task', () => {
  test.each<[string, Task, string | undefined]>([
    ['exit 0 succeeds', task({}, container({ exitCode: 0 })), 'succeeded'],
    [
      'exit 0 counts before the task has stopped',
      task({ lastStatus: 'DEPROVISIONING' }, container({ exitCode: 0 })),
      'succeeded',
    ],
    [
      'S6: a sidecar that ends with 143 changes nothing',
      task({}, container({ exitCode: 0 }), container({ name: 'proxy', exitCode: 143 })),
      'succeeded',
    ],
    [
      'a sidecar that exits 0 changes nothing',
      task({}, container({ exitCode: 1 }), container({ name: 'proxy', exitCode: 0 })),
      'failed',
    ],
    ['exit 1 fails', task({}, container({ exitCode: 1 })), 'failed'],
    ['out of memory fails', task({}, container({ exitCode: 137, reason: 'OutOfMemoryError' })), 'failed'],
    [
      'S7: an image that cannot be pulled failed to start',
      task(
        { stopCode: 'TaskFailedToStart', startedAt: undefined, stoppedReason: 'CannotPullContainerError' },
        container(),
      ),
      'failed-to-start',
    ],
    [
      'a task stopped before it started failed to start',
      task({ stopCode: 'SpotInterruption', startedAt: undefined }, container()),
      'failed-to-start',
    ],
    ['a started task without an exit code is unknown', task({ stopCode: 'SpotInterruption' }, container()), 'unknown'],
    ['a task without the container is unknown', task({}, container({ name: 'other', exitCode: 0 })), 'unknown'],
    ['a task without containers is unknown', task({}), 'unknown'],
    ['a running task has none yet', task({ lastStatus: 'RUNNING' }, container()), undefined],
    ['an unknown state has none yet', task({ lastStatus: 'RESTING' }, container()), undefined],
  ])('%s', (_, seen, outcome) => {
    expect(judgeTask(seen, 'migrate')?.outcome).toBe(outcome);
  });

  test.each([...Object.values(TaskStopCode), 'NewCode', undefined])(
    'stop code %s without an exit code is never a success',
    (stopCode) => {
      expect(judgeTask(task({ stopCode }, container()), 'migrate')?.outcome).toMatch(/^(unknown|failed-to-start)$/);
    },
  );

  test('success is said of exit code 0 of the named container alone', () => {
    const anyContainer = fc.record({
      name: fc.constantFrom('migrate', 'proxy'),
      exitCode: fc.option(fc.constantFrom(0, 1, 143), { nil: undefined }),
      lastStatus: fc.constantFrom('STOPPED', 'RUNNING', ''),
    });
    fc.assert(
      fc.property(
        fc.array(anyContainer, { maxLength: 3 }),
        fc.constantFrom('STOPPED', 'RUNNING', ''),
        (all, lastStatus) => {
          const seen = task({ lastStatus }, ...all.map(container));
          const own = all.find(({ name }) => name === 'migrate');
          expect(judgeTask(seen, 'migrate')?.outcome === 'succeeded').toBe(own?.exitCode === 0);
        },
      ),
    );
  });
});

describe('an answer without the task', () => {
  test('is waited with for ten looks, then unknown', () => {
    const none = { tasks: [], failures: [{ arn: 'x', reason: 'MISSING', detail: undefined }] };
    expect(judge(none, 'migrate', 9)).toBeUndefined();
    expect(judge(none, 'migrate', 10)).toMatchObject({ outcome: 'unknown', reason: expect.stringMatching(/MISSING/) });
  });
  test('S13: of RunTask, with no failure either, is unknown at once', () => {
    expect(refusedStart([]).outcome).toBe('unknown');
  });
  test('of RunTask with a failure names it', () => {
    const failure = { arn: '', reason: 'RESOURCE:MEMORY', detail: 'no instance' };
    expect(refusedStart([failure])).toMatchObject({
      outcome: 'failed-to-start',
      reason: expect.stringMatching(/RESOURCE:MEMORY; no instance/),
    });
  });
});

describe('a task that was asked to stop', () => {
  const asked = { outcome: 'timeout', reason: 'late', next: '' } as const;
  test.each<[string, Task | undefined, string]>([
    [
      'is what was asked when it was stopped',
      task({ stopCode: 'UserInitiated' }, container({ exitCode: 143 })),
      'timeout',
    ],
    [
      'is what was asked also when it then exits 0',
      task({ stopCode: 'UserInitiated' }, container({ exitCode: 0 })),
      'timeout',
    ],
    ['succeeded when it had ended before', task({}, container({ exitCode: 0 })), 'succeeded'],
    ['is what was asked when it is not seen', undefined, 'timeout'],
  ])('%s', (_, seen, outcome) => {
    expect(judgeStopped(seen, 'migrate', asked).outcome).toBe(outcome);
  });
});

describe('inputs', () => {
  test.each([
    ['["sh", "-c", "echo hello world"]', ['sh', '-c', 'echo hello world']],
    ['sh -c "echo hello world"', ['sh', '-c', 'echo hello world']],
    ["node migrate.js --name 'a b'", ['node', 'migrate.js', '--name', 'a b']],
    ['["a", 1]', undefined],
    ['[broken', undefined],
    ['echo "open', undefined],
    ['[]', undefined],
  ])('the command %s is %j', (text, words) => {
    expect(parseCommand(text)).toEqual(words);
  });
  test('all problems are reported together', () => {
    const wrong = { command: '"', timeout: '3x', 'launch-type': 'SPACESHIP', 'on-cancel': 'run', subnet: 's' };
    expect(() => migrationInputs(wrong)).toThrow(
      expect.objectContaining({ problems: expect.arrayContaining([expect.stringMatching(/did you mean `subnets`/)]) }),
    );
  });
});

test('the client token has 64 characters and follows run, attempt, step and content', () => {
  const token = clientTokenOf({ runId: '1', attempt: '1', step: '' }, ['a']);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(clientTokenOf({ runId: '1', attempt: '1', step: '' }, ['a'])).toBe(token);
  const others = [
    clientTokenOf({ runId: '2', attempt: '1', step: '' }, ['a']),
    clientTokenOf({ runId: '1', attempt: '2', step: '' }, ['a']),
    clientTokenOf({ runId: '1', attempt: '1', step: '' }, ['b']),
    clientTokenOf({ runId: '1', attempt: '1', step: 'release two' }, ['a']),
  ];
  expect(new Set([token, ...others]).size).toBe(5);
});

test.each([
  ['an input error', new InputError(['`container`: no container "app"']), 'failed-to-start', /no container "app"/],
  [
    'a call that AWS refused',
    new AwsError({ what: 'x.', operation: 'x', code: 'x', cause: 1 }),
    'failed-to-start',
    /^x/,
  ],
  ['a migration that runs already', new OpsError({ what: 'x' }), 'failed-to-start', /^x/],
  ['a cancellation', new CancelledError(), 'cancelled', /cancelled/],
  [
    'an error that nobody expected',
    asOpsError(new TypeError('x')),
    'unknown',
    /Whether a task was started is not known/,
  ],
])('%s is said to be what it may be, and why', (_, error, outcome, reason) => {
  expect(failedOutputs(error)).toEqual({ outcome, reason: expect.stringMatching(reason) });
});

describe('what keeps a task from starting', () => {
  test.each([
    ['CannotPullContainerError: pull image manifest has been retried 5 time(s)', 'pull', /image exists/],
    ['Capacity is unavailable at this time. Please try again later', 'capacity', /no capacity/],
    ['RESOURCE:MEMORY', 'capacity', /no capacity/],
    ['User: x is not authorized to perform: ecs:RunTask on resource: *', undefined, /correct what the reason names/],
    ['InvalidParameterException: No Container Instances were found in your cluster.', 'capacity', /no capacity/],
    ['ResourceInitializationError: unable to pull secrets or registry auth', undefined, /secrets of the definition/],
    [
      'ResourceInitializationError: failed to validate logger args: create log group: AccessDenied',
      undefined,
      /log group/,
    ],
    ['CannotStartContainerError: exec: "nod": executable file not found in $PATH', undefined, /no such program/],
    ['User: x was denied', undefined, /correct what the reason names/],
    ['AGENT', undefined, /agent of the host/],
    ['Unexpected EC2 error while attempting to Create Network Interface', undefined, /subnets and security groups/],
    ['something new', undefined, /nothing has run/],
  ])('%s', (reason, cause, next) => {
    expect(startCauseOf(reason)).toEqual({ cause, next: expect.stringMatching(next) });
  });

  test('may be tried again only while nothing can have run', () => {
    const starting = { stopCode: 'TaskFailedToStart', startedAt: undefined, stoppedReason: 'CannotPullContainerError' };
    const spot = {
      stopCode: 'SpotInterruption',
      startedAt: undefined,
      stoppedReason: 'Your Spot Task was interrupted.',
    };
    const causes = [
      judgeTask(task(starting, container()), 'migrate'),
      judgeTask(task(starting, container(), container({ name: 'init', exitCode: 0 })), 'migrate'),
      judgeTask(task(starting, container()), 'migrate', true),
      judgeTask(task(spot, container()), 'migrate'),
      judgeTask(task({ ...spot, pullStoppedAt: 1 }, container()), 'migrate'),
      judgeTask(task({ ...spot, startedAt: 1 }, container()), 'migrate'),
      judgeTask(task({}, container({ exitCode: 1, reason: 'CannotPullContainerError' })), 'migrate'),
    ].map((verdict) => verdict?.cause);
    expect(causes).toEqual(['pull', undefined, undefined, 'spot', undefined, undefined, undefined]);
  });
});

describe('what to do after an exit', () => {
  test.each([
    [127, undefined, /command was not found/],
    [126, undefined, /may not be executed/],
    [139, undefined, /segmentation/],
    [137, undefined, /was killed/],
    [137, 'OutOfMemoryError: Container killed due to memory usage', /more memory/],
    [143, undefined, /asked to end/],
    [3, undefined, /last log lines/],
  ])('with %d is told (%s)', (exitCode, reason, next) => {
    expect(judgeTask(task({}, container({ exitCode, reason })), 'migrate')?.next).toMatch(next);
  });

  test.each(['SpotInterruption', 'UserInitiated', 'TerminationNotice', 'ServiceSchedulerInitiated'])(
    'with 0 of a task that %s had told to stop is no success',
    (stopCode) => {
      expect(judgeTask(task({ stopCode }, container({ exitCode: 0 })), 'migrate')?.outcome).toBe('unknown');
    },
  );
});
