import type { RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import type { NamedDefinition } from '@hospital-ops/aws/ecs/definition-input';
import { readDefinition } from '@hospital-ops/aws/ecs/definition-input';
import { split } from 'shlex';
import type { Cause } from './causes.ts';
import { CAUSES } from './causes.ts';

export interface MigrationInputs {
  readonly cluster: string;
  readonly definition: NamedDefinition;
  readonly image: string | undefined;
  readonly container: string | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: ReadonlyArray<readonly [name: string, value: string]>;
  readonly service: string | undefined;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean | undefined;
  readonly launchType: string | undefined;
  readonly capacityProvider: string | undefined;
  readonly timeoutMs: number;
  readonly retryOn: readonly Cause[];
  readonly attempts: number;
  readonly streamLogs: boolean;
  readonly onRunning: 'fail' | 'wait';
  readonly onCancel: 'stop' | 'leave';
  readonly dryRun: boolean;
}

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

/** Parsing goes on after a problem, to find the others. */
const NONE: NamedDefinition = { kind: 'reference', reference: '' };

/** Returns the typed inputs, or throws one InputError with every problem. */
export const parseMigrationInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): MigrationInputs =>
  parseInputs(raw, readFile, (reader) => {
    reader.required('task-definition');
    const definition = readDefinition(reader, readFile) ?? NONE;
    const text = reader.text('command');
    const command = text === undefined ? undefined : parseCommand(text);
    if (text !== undefined && command === undefined) {
      reader.problem('command', 'expected a JSON array of strings, or shell words with matching quotes', text);
    }
    const hasPublicIp = raw.has('assign-public-ip');
    const assignPublicIp = reader.bool('assign-public-ip');
    const launchType = reader.oneOf('launch-type', ['FARGATE', 'EC2', 'EXTERNAL']);
    const capacityProvider = reader.text('capacity-provider');
    if (capacityProvider !== undefined && !/^[\w-]{1,255}$/.test(capacityProvider)) {
      reader.problem('capacity-provider', 'expected the name of one capacity provider', capacityProvider);
    }
    if (launchType !== undefined && capacityProvider !== undefined) {
      reader.problem('capacity-provider', 'give `launch-type` or `capacity-provider`, not both');
    }
    const retryOn = reader.words('retry-on').flatMap((word) => {
      const cause = CAUSES.find((candidate) => candidate === word);
      if (cause === undefined) reader.problem('retry-on', `expected some of ${CAUSES.join(', ')}`, word);
      return cause ?? [];
    });
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
      launchType,
      capacityProvider,
      timeoutMs: (reader.duration('timeout', { min: 1 }) ?? 0) * 1000,
      retryOn,
      attempts: reader.integer('attempts', { min: 1, max: 10 }) ?? 1,
      streamLogs: reader.bool('stream-logs'),
      onRunning: reader.oneOf('on-running', ['fail', 'wait']) ?? 'fail',
      onCancel: reader.oneOf('on-cancel', ['stop', 'leave']) ?? 'stop',
      dryRun: reader.bool('dry-run'),
    };
  });
