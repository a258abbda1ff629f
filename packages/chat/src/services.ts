import { isMap } from '@hospital-ops/action-kit/is-map';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Revision, ServiceChange } from './message.ts';
import type { ChatStatus } from './status.ts';
import { isStatus } from './status.ts';

export interface ParsedServices {
  readonly services: readonly ServiceChange[];
  /** What of the text could not be understood; the message is sent all the same. */
  readonly problems: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Lines and characters of a log that are worth carrying; the renderers show fewer. */
const MAX_LOG_LINES = 100;
const MAX_LOG_LINE = 2_000;
const MAX_SERVICES = 200;

const asFields = (value: unknown): Fields | undefined => (isMap(value) ? value : undefined);

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

/** `arn:aws:ecs:…:task-definition/family:41` reads as `family:41`. */
const revisionName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

const parseRevision = (value: unknown): Revision | undefined => {
  const fields = asFields(value);
  if (fields === undefined) return undefined;
  const arn = textOf(fields['task-definition']);
  const version = textOf(fields.version);
  if (arn === undefined && version === undefined) return undefined;
  return { taskDefinition: arn === undefined ? undefined : revisionName(arn), version };
};

const parseLog = (value: unknown): string[] => {
  const lines = typeof value === 'string' ? value.split('\n') : Array.isArray(value) ? value : [];
  return lines
    .filter((line) => typeof line === 'string')
    .slice(-MAX_LOG_LINES)
    .map((line) => (line.length > MAX_LOG_LINE ? line.slice(-MAX_LOG_LINE).toWellFormed() : line));
};

const parseService = (value: unknown, index: number): { service: ServiceChange; problem?: string } => {
  const fields = asFields(value) ?? {};
  const outcome = textOf(fields.outcome) ?? '';
  const known: ChatStatus | undefined = isStatus(outcome) ? outcome : undefined;
  const duration = fields['duration-seconds'];
  const service: ServiceChange = {
    name: textOf(fields.name) ?? textOf(fields.service) ?? `service ${index + 1}`,
    outcome: known ?? 'unknown',
    reason: textOf(fields.reason),
    old: parseRevision(fields.old),
    new: parseRevision(fields.new),
    serving: parseRevision(fields.serving),
    log: parseLog(fields.log),
    durationSeconds: typeof duration === 'number' && Number.isFinite(duration) && duration >= 0 ? duration : undefined,
  };
  if (known !== undefined) return { service };
  return { service, problem: `item ${index + 1} has no known outcome (${neutralizeToLine(outcome, 40) || 'none'})` };
};

/**
 * Returns the services of ecs-deploy's `services` output, read as foreign text: what is missing or malformed becomes
 * unknown and a problem, never a success, and never keeps a message from being sent.
 */
export const parseServices = (text: string): ParsedServices => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { services: [], problems: ['it is not JSON'] };
  }
  if (!Array.isArray(value)) return { services: [], problems: ['it is not a JSON array'] };
  const parsed = value.slice(0, MAX_SERVICES).map(parseService);
  return {
    services: parsed.map(({ service }) => service),
    problems: [
      ...parsed.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
      ...(value.length > MAX_SERVICES ? [`only the first ${MAX_SERVICES} of ${value.length} are read`] : []),
    ],
  };
};
