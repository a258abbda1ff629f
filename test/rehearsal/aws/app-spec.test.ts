import { describe, expect, test } from '@jest/globals';
import { hashOf, readRevision } from '../../../packages/rehearsal/src/aws/codedeploy/app-spec.ts';
import { PREDEFINED, stepsOf } from '../../../packages/rehearsal/src/aws/codedeploy/configs.ts';

const yaml = `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "api:7"
        LoadBalancerInfo:
          ContainerName: "api"
          ContainerPort: 3001
        PlatformVersion: "LATEST"
        NetworkConfiguration:
          AwsvpcConfiguration:
            Subnets: ["subnet-1"]
            AssignPublicIp: "DISABLED"
Hooks:
  - BeforeInstall: "a"
  - AfterAllowTraffic: "b"
`;
const of = (content: string, sha256?: string) => ({ appSpecContent: { content, ...(sha256 && { sha256 }) } });

describe('an AppSpec', () => {
  test('is read from YAML, with its network and its hooks', () => {
    expect(readRevision(of(yaml, hashOf(yaml)))).toEqual({
      taskDefinition: 'api:7',
      container: 'api',
      port: 3001,
      platformVersion: 'LATEST',
      network: { awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'DISABLED' } },
      hooks: ['BeforeInstall', 'AfterAllowTraffic'],
    });
  });

  test('is read from JSON with small first letters', () => {
    const properties = { taskDefinition: 'api:7', loadBalancerInfo: { containerName: 'api', containerPort: 80 } };
    const spec = { version: 1, resources: [{ TargetService: { type: 'AWS::ECS::Service', properties } }] };
    expect(readRevision(of(JSON.stringify(spec)))).toMatchObject({
      taskDefinition: 'api:7',
      container: 'api',
      port: 80,
    });
  });

  test.each([
    ['is absent', undefined, 'RevisionRequiredException'],
    ['has no content', { revisionType: 'S3' }, 'InvalidRevisionException'],
    ['is neither JSON nor YAML', of('{'), 'InvalidRevisionException'],
    ['is a list', of('[]'), 'InvalidRevisionException'],
    ['is for Lambda', of(yaml.replace('ECS::Service', 'Lambda::Function')), 'InvalidRevisionException'],
    ['names no port', of(yaml.replace('ContainerPort: 3001', 'ContainerPort: web')), 'InvalidRevisionException'],
    ['has another hash', of(yaml, 'f'.repeat(64)), 'InvalidRevisionException'],
  ])('that %s is refused', (_what, revision, code) => {
    expect(() => readRevision(revision)).toThrow(expect.objectContaining({ code }));
  });
});

test('every predefined configuration ends with all of the traffic, in steps that only grow', () => {
  for (const routing of Object.values(PREDEFINED)) {
    const percents = stepsOf(routing).map(({ percent }) => percent);
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual([...new Set(percents)].sort((a, b) => a - b));
  }
});
