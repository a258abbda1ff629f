import { isMap } from '@hospital-ops/action-kit/is-map';
import { parseEcrImage } from '@hospital-ops/aws/ecr/parse';
import type { JsonObject } from '@hospital-ops/aws/ecs/ports';
import { containersOf, describeContainers, objectsOf } from '@hospital-ops/aws/ecs/task-definition';
import { fargateSize } from './fargate-size.ts';
import type { Examiner } from './findings.ts';
import type { Subject } from './subjects.ts';
import { isFargate, textIn } from './subjects.ts';

/** Why the tasks cannot start without an execution role, or undefined ("Amazon ECS task execution IAM role"). */
const needsExecutionRole = (subject: Subject): string | undefined => {
  for (const { name, image, body } of containersOf(subject.body)) {
    const log = isMap(body.logConfiguration) ? body.logConfiguration : {};
    const secrets = [...objectsOf(body.secrets), ...objectsOf(log.secretOptions)];
    if (secrets.length > 0) return `container "${name}" has secrets`;
    if (isMap(body.repositoryCredentials)) return `container "${name}" has repository credentials`;
    if (!isFargate(subject)) continue;
    if (log.logDriver === 'awslogs') return `container "${name}" logs to CloudWatch from Fargate`;
    if (parseEcrImage(image) !== undefined)
      return `the image of container "${name}" lies in ECR and it runs on Fargate`;
  }
  return undefined;
};

const RANGE = /^(\d+)-(\d+)$/;

const hasPort = (container: JsonObject, port: number): boolean =>
  objectsOf(container.portMappings).some(({ containerPort, containerPortRange }) => {
    const range = typeof containerPortRange === 'string' ? RANGE.exec(containerPortRange) : null;
    return containerPort === port || (range !== null && port >= Number(range[1]) && port <= Number(range[2]));
  });

/** What a definition lacks of what the service's load balancers send their requests to. */
const checkLoadBalanced = ({ name, plan, body }: Subject, examiner: Examiner): void => {
  for (const { container, port } of plan.before.loadBalancers) {
    if (container === undefined) continue;
    const found = containersOf(body).find((each) => each.name === container);
    if (found === undefined) {
      examiner.fail(
        [name],
        `its load balancer sends requests to container "${container}", which the new definition lacks (there are ${describeContainers(body)}); keep the name, or change the service's load balancer first`,
      );
    } else if (port !== undefined && !hasPort(found.body, port)) {
      examiner.fail(
        [name],
        `its load balancer sends requests to port ${port} of container "${container}", which has no such \`containerPort\`; add it to \`portMappings\``,
      );
    }
  }
};

/** Checks what can be told without asking anybody. */
export const checkDefinitions = (subjects: readonly Subject[], examiner: Examiner): void => {
  for (const subject of subjects) {
    const { name, body } = subject;
    const reason = textIn(body, 'executionRoleArn') === undefined ? needsExecutionRole(subject) : undefined;
    if (reason !== undefined) {
      examiner.fail([name], `no \`executionRoleArn\`, and ${reason}: name the role that ECS is to act as`);
    }
    if (isFargate(subject)) {
      const size = fargateSize(textIn(body, 'cpu'), textIn(body, 'memory'));
      if (size.kind === 'wrong') examiner.fail([name], `${size.why}; choose another \`cpu\` or \`memory\``);
      if (size.kind === 'unknown') {
        examiner.warn(
          [name],
          `cpu "${textIn(body, 'cpu')}" with memory "${textIn(body, 'memory')}" is no size of Fargate that is known here; ECS decides`,
        );
      }
    }
    checkLoadBalanced(subject, examiner);
  }
};
