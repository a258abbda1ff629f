import { DeploymentStatus } from '@aws-sdk/client-codedeploy';
import type { CodeDeployment } from '@hospital-ops/aws/codedeploy/ports';
import type { Deployment } from '@hospital-ops/aws/ecs/ports';
import { describe, expect, test } from '@jest/globals';
import { definitionIn, parseAppSpec, renderAppSpec } from '../../actions/ecs-deploy/src/code-deploy/app-spec.ts';
import type { CodeDeployObservation } from '../../actions/ecs-deploy/src/code-deploy/decide.ts';
import { decideCodeDeploy, decideCodeDeployBack } from '../../actions/ecs-deploy/src/code-deploy/decide.ts';
import { deployment, OURS, old, PREVIOUS, service, THEIRS } from './observations.ts';

const AIM = { ours: OURS, previous: PREVIOUS, maxFailedTasks: 3 };
const BLUE = old({ status: 'PRIMARY' });
const GREEN = deployment({ status: 'PRIMARY', rolloutState: 'COMPLETED' });

const by = (status: string, given: Partial<CodeDeployment> = {}): CodeDeployment => ({
  id: 'd-1',
  status,
  sha: undefined,
  error: undefined,
  rollback: undefined,
  createdAt: 0,
  creator: 'user',
  waitsForTermination: false,
  messages: [],
  ...given,
});

const observed = (
  told: CodeDeployment | undefined,
  taskSets: readonly Deployment[],
  given: Partial<CodeDeployObservation> = {},
): CodeDeployObservation => ({
  deployment: told,
  rollback: undefined,
  service: service(taskSets, { controller: 'CODE_DEPLOY' }),
  failedTasks: 0,
  looks: { missing: 0, other: 0 },
  gate: undefined,
  gateLeftMs: 0,
  ...given,
});

describe('a deployment by CodeDeploy', () => {
  const rows: Readonly<Record<keyof typeof DeploymentStatus, string>> = {
    CREATED: 'continue',
    QUEUED: 'continue',
    IN_PROGRESS: 'continue',
    BAKING: 'continue',
    READY: 'paused',
    SUCCEEDED: 'completed',
    FAILED: 'failed',
    STOPPED: 'failed',
  };
  test('every status of the API has its row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.keys(DeploymentStatus).sort());
  });
  test.each(Object.entries(DeploymentStatus))('%s', (name, status) => {
    expect(decideCodeDeploy(observed(by(status), [GREEN]), AIM).kind).toBe(rows[name as keyof typeof rows]);
  });
  test.each(['', 'Unknown', 'SUCCEEDED'])('the word "%s", which nobody knows, is no end', (status) => {
    expect(decideCodeDeploy(observed(by(status), [GREEN]), AIM).kind).toBe('continue');
  });
  const back = { rollback: { deployment: 'd-2', message: 'Rollback in progress' } };
  const error = { code: 'ALARM_ACTIVE', message: 'api-5xx' };
  test.each<[string, CodeDeployObservation, string]>([
    ['Succeeded is no success while the old task set has the traffic', observed(by('Succeeded'), [BLUE]), 'continue'],
    [
      'Succeeded is superseded when another one has it and keeps it',
      observed(by('Succeeded'), [old({ status: 'PRIMARY', taskDefinition: THEIRS })], {
        looks: { missing: 0, other: 5 },
      }),
      'superseded',
    ],
    ['Failed with a way back is rolled back', observed(by('Failed', back), [BLUE]), 'rolled-back'],
    ['Stopped with a way back is rolled back', observed(by('Stopped', back), [BLUE]), 'rolled-back'],
    ['three failed tasks fail it early', observed(by('InProgress'), [BLUE], { failedTasks: 3 }), 'failed'],
    ['one answer without it is no end', observed(undefined, [BLUE], { looks: { missing: 1, other: 0 } }), 'continue'],
    ['three in a row are lost', observed(undefined, [BLUE], { looks: { missing: 3, other: 0 } }), 'lost'],
    [
      'a breached gate fails it',
      observed(by('InProgress'), [BLUE], { gate: { kind: 'breached', reason: 'api-5xx' } }),
      'failed',
    ],
    [
      'a gate without data lets nothing through',
      observed(by('Succeeded'), [GREEN], { gate: { kind: 'waiting', reason: 'no data' } }),
      'failed',
    ],
  ])('%s', (_, observation, kind) => {
    expect(decideCodeDeploy(observation, AIM).kind).toBe(kind);
  });
  test('the reason holds the code, the message, and what is said of the way back', () => {
    expect(decideCodeDeploy(observed(by('Failed', { error, ...back }), [BLUE]), AIM)).toMatchObject({
      reason: "CodeDeploy's deployment d-1 failed: ALARM_ACTIVE: api-5xx (Rollback in progress)",
    });
  });
});

describe('going back by CodeDeploy', () => {
  const stopped = by('Stopped');
  test.each<[string, CodeDeployObservation, boolean, number, string]>([
    ['what is not stopped yet is waited for', observed(by('InProgress'), [BLUE]), false, 0, 'continue'],
    ['stopped with the old task set alone is back', observed(stopped, [BLUE]), false, 1, 'back'],
    [
      'stopped with both there is not yet',
      observed(stopped, [BLUE, deployment({ status: 'ACTIVE' })]),
      false,
      1,
      'continue',
    ],
    ['stopped with ours in the traffic and no way back is stranded', observed(stopped, [GREEN]), false, 10, 'stranded'],
    ['its way back is waited for', observed(stopped, [GREEN], { rollback: by('InProgress') }), false, 5, 'continue'],
    ['a way back that succeeded is back', observed(stopped, [BLUE], { rollback: by('Succeeded') }), false, 5, 'back'],
    [
      'a way back whose traffic has moved is back',
      observed(stopped, [BLUE], { rollback: by('InProgress', { waitsForTermination: true }) }),
      false,
      5,
      'back',
    ],
    [
      'a way back that failed is stranded',
      observed(stopped, [GREEN], { rollback: by('Failed') }),
      false,
      5,
      'stranded',
    ],
    ['our own way back that failed has failed', observed(by('Failed'), [GREEN]), true, 1, 'failed'],
    ['our own way back that succeeded is back', observed(by('Succeeded'), [BLUE]), true, 1, 'back'],
    [
      'a third revision is superseded',
      observed(stopped, [old({ status: 'PRIMARY', taskDefinition: THEIRS })]),
      false,
      1,
      'superseded',
    ],
  ])('%s', (_, observation, deployed, looks, kind) => {
    expect(decideCodeDeployBack(observation, AIM, deployed, looks).kind).toBe(kind);
  });
});

describe('an AppSpec', () => {
  const balanced = service([BLUE], {
    loadBalancers: [{ targetGroup: 'arn', container: 'api', port: 3001 }],
    platformVersion: '1.4.0',
  });
  test('is made from the service when none was deployed before', () => {
    expect(JSON.parse(renderAppSpec(undefined, balanced, OURS))).toEqual({
      version: 0,
      Resources: [
        {
          TargetService: {
            Type: 'AWS::ECS::Service',
            Properties: {
              TaskDefinition: OURS,
              LoadBalancerInfo: { ContainerName: 'api', ContainerPort: 3001 },
              PlatformVersion: '1.4.0',
            },
          },
        },
      ],
    });
  });
  test.each([
    [
      'JSON',
      '{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"x","New":1}}}],"Hooks":[{"AfterInstall":"f"}]}',
    ],
    [
      'YAML',
      'version: 0.0\nresources:\n  - targetService:\n      type: AWS::ECS::Service\n      properties:\n        taskDefinition: x\n        New: 1\nHooks:\n  - AfterInstall: f\n',
    ],
  ])('in %s keeps everything but the definition', (_, content) => {
    const spec = parseAppSpec(renderAppSpec(parseAppSpec(content), balanced, OURS));
    expect(spec && definitionIn(spec)).toBe(OURS);
    expect(JSON.stringify(spec)).toMatch(/"New":1/);
    expect(spec?.Hooks).toEqual([{ AfterInstall: 'f' }]);
    expect(JSON.stringify(spec).match(/task-?definition"/gi)).toHaveLength(1);
  });
  test.each(['', 'not: [', '[]', '{"version":0}'])('%j is none', (content) => {
    expect(parseAppSpec(content)).toBeUndefined();
  });
});
