/** Reads values that task definitions refer to. */
export interface SecretSources {
  parameter(name: string): string | undefined;
  secret(nameOrArn: string): string | undefined;
}

const PULL =
  'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ';

/**
 * Returns the value of a `valueFrom`: a name or ARN of Parameter Store, or an ARN of Secrets Manager with, optionally,
 * `:json-key:version-stage:version-id`. Throws an Error with the stoppedReason that ECS gives when it is not there
 * ("ResourceInitializationError", troubleshooting of stopped tasks).
 */
export const resolveSecret = (valueFrom: string, sources: SecretSources): string => {
  if (!/^arn:aws:secretsmanager:/.test(valueFrom)) {
    const value = sources.parameter(valueFrom);
    if (value !== undefined) return value;
    throw new Error(
      `${PULL}unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: ${valueFrom}`,
    );
  }
  const parts = valueFrom.split(':');
  const arn = parts.slice(0, 7).join(':');
  const [key = '', stage = '', version = ''] = parts.slice(7);
  const text = stage === '' || stage === 'AWSCURRENT' || version !== '' ? sources.secret(arn) : undefined;
  const asm = `${PULL}unable to retrieve secret from asm: service call has been retried 1 time(s): `;
  if (text === undefined)
    throw new Error(
      `${asm}failed to fetch secret ${arn} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    );
  if (key === '') return text;
  const value = member(text, key);
  if (value === undefined)
    throw new Error(`${asm}retrieved secret from Secrets Manager did not contain json key ${key}`);
  return value;
};

const member = (text: string, key: string): string | undefined => {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, key)) return undefined;
    const value: unknown = Object.getOwnPropertyDescriptor(parsed, key)?.value;
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return undefined;
  }
};
