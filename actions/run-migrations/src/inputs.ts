import type { RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import type { JsonObject } from '@hospital-ops/aws/ecs/ports';
import { isObject } from '@hospital-ops/aws/ecs/task-definition';
import { split } from 'shlex';

export type DefinitionSource =
  | { readonly kind: 'reference'; readonly reference: string }
  | { readonly kind: 'file'; readonly body: JsonObject };

export interface MigrationInputs {
  readonly cluster: string;
  readonly definition: DefinitionSource;
  readonly image: string | undefined;
  readonly container: string | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: ReadonlyArray<readonly [name: string, value: string]>;
  readonly service: string | undefined;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean | undefined;
  readonly launchType: string | undefined;
  readonly timeoutMs: number;
  readonly streamLogs: boolean;
  readonly onCancel: 'stop' | 'leave';
  readonly dryRun: boolean;
}

const IS_FILE = /^[^\n{}[\]]+\.(ya?ml|json)$/;

/** Returns the words of a command, or undefined when the text is neither a JSON array of strings nor shell words. */
export const parseCommand = (text: string): string[] | undefined => {
  try {
    const words: unknown = text.startsWith('[') ? JSON.parse(text) : split(text);
    const isList = Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string');
    return isList ? words : undefined;
  } catch {
    return undefined;
  }
};

/** Returns the typed inputs, or throws one InputError with every problem. */
export const parseMigrationInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): MigrationInputs =>
  parseInputs(raw, readFile, (reader) => {
    const source = reader.required('task-definition');
    let definition: DefinitionSource = { kind: 'reference', reference: source };
    if (IS_FILE.test(source)) {
      const body = reader.structured('task-definition');
      if (isObject(body) && typeof body.family === 'string') definition = { kind: 'file', body };
      else if (body !== undefined) reader.problem('task-definition', 'the file is no task definition', source);
    }
    const text = reader.text('command');
    const command = text === undefined ? undefined : parseCommand(text);
    if (text !== undefined && command === undefined) {
      reader.problem('command', 'expected a JSON array of strings, or shell words with matching quotes', text);
    }
    const hasPublicIp = raw.has('assign-public-ip');
    const assignPublicIp = reader.bool('assign-public-ip');
    return {
      cluster: reader.required('cluster'),
      definition,
      image: reader.text('image'),
      container: reader.text('container'),
      command,
      environment: reader.pairs('environment-variables'),
      service: reader.text('service'),
      subnets: reader.words('subnets'),
      securityGroups: reader.words('security-groups'),
      assignPublicIp: hasPublicIp ? assignPublicIp : undefined,
      launchType: reader.oneOf('launch-type', ['FARGATE', 'EC2', 'EXTERNAL']),
      timeoutMs: (reader.duration('timeout', { min: 1 }) ?? 0) * 1000,
      streamLogs: reader.bool('stream-logs'),
      onCancel: reader.oneOf('on-cancel', ['stop', 'leave']) ?? 'stop',
      dryRun: reader.bool('dry-run'),
    };
  });
