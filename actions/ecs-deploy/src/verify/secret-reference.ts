import { isMap } from '@hospital-ops/action-kit/is-map';
import type { JsonObject } from '@hospital-ops/aws/ecs/ports';
import { containersOf, objectsOf } from '@hospital-ops/aws/ecs/task-definition';

/** What a `valueFrom` refers to ("Pass sensitive data to an Amazon ECS container"). */
export type SecretReference =
  | { readonly kind: 'parameter'; readonly region: string | undefined; readonly name: string }
  | {
      readonly kind: 'secret';
      readonly arn: string;
      readonly key: string | undefined;
      readonly stage: string | undefined;
      readonly versionId: string | undefined;
    }
  | { readonly kind: 'unknown'; readonly valueFrom: string };

const SECRET = /^arn:[\w-]+:secretsmanager:[\w-]+:\d*:secret:/;
const PARAMETER = /^arn:[\w-]+:ssm:([\w-]+):\d*:parameter\//;

/** Returns what is meant: a secret by ARN with `:json-key:version-stage:version-id`, or a parameter by name or ARN. */
export const parseSecretReference = (valueFrom: string): SecretReference => {
  if (SECRET.test(valueFrom)) {
    const parts = valueFrom.split(':');
    const [key, stage, versionId] = parts.slice(7).map((part) => part || undefined);
    return { kind: 'secret', arn: parts.slice(0, 7).join(':'), key, stage, versionId };
  }
  const parameter = PARAMETER.exec(valueFrom);
  if (parameter !== null) return { kind: 'parameter', region: parameter[1], name: valueFrom };
  if (valueFrom.startsWith('arn:')) return { kind: 'unknown', valueFrom };
  return { kind: 'parameter', region: undefined, name: valueFrom };
};

/** Returns every `valueFrom` of a definition: of variables, of log options and of registry credentials. */
export const valuesFrom = (body: JsonObject): string[] =>
  containersOf(body).flatMap(({ body: container }) => {
    const { secrets, logConfiguration, repositoryCredentials } = container;
    const log = isMap(logConfiguration) ? logConfiguration.secretOptions : undefined;
    const credentials = isMap(repositoryCredentials) ? repositoryCredentials.credentialsParameter : undefined;
    const references = [...objectsOf(secrets), ...objectsOf(log)].map(({ valueFrom }) => valueFrom);
    return [...references, credentials].filter((value): value is string => typeof value === 'string' && value !== '');
  });
