import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { OUTCOMES } from '@hospital-ops/deployments/outcome';
import type { Kind } from '@hospital-ops/deployments/record';
import { ID, KINDS } from '@hospital-ops/deployments/record';
import type { Window } from '@hospital-ops/pipeline/freeze';
import { parseWindow } from '@hospital-ops/pipeline/freeze';
import type { ServiceResult } from './services.ts';
import { parseImages, parseServices } from './services.ts';
import { afterGoingBack } from './went-back.ts';

export const OPERATIONS = ['start', 'finish', 'show'] as const;
const ENVIRONMENT_TYPES = ['auto', 'production', 'permanent', 'transient'] as const;

export interface RecordInputs {
  readonly operation: (typeof OPERATIONS)[number];
  readonly environment: string;
  readonly version: string;
  readonly sha: string;
  /** What the deployed services were built from. */
  readonly serviceSha: string;
  readonly kind: Kind;
  readonly reason: string | undefined;
  /** Undefined when the step does not say. */
  readonly services: readonly ServiceResult[] | undefined;
  /** What the step says of them, in full: JSON, or empty. */
  readonly told: string;
  readonly table: string | undefined;
  readonly lock: boolean;
  readonly leaseSeconds: number;
  readonly waitSeconds: number;
  readonly keepOpen: boolean;
  readonly freeze: readonly Window[];
  readonly freezeOverride: string | undefined;
  readonly outdatedOverride: string | undefined;
  readonly images: ReadonlyMap<string, string>;
  readonly url: string | undefined;
  /** An ecs-deploy outcome or the status of a job. */
  readonly outcome: string;
  readonly deploymentId: string | undefined;
  readonly isProduction: boolean;
  readonly isTransient: boolean;
  readonly limit: number;
  readonly token: string | undefined;
}

/** An item of the table holds 400 KB, and a payload at GitHub less; a reason is a sentence. */
const MAX_REASON = 1_000;

/** API_CreateTable, TableName. */
const TABLE = /^[\w.-]{3,255}$/;

const isMoment = (value: unknown): value is string => typeof value === 'string' && value !== '';

const readWindow = (reader: InputReader, value: unknown, index: number): Window | undefined => {
  const where = `window ${index + 1}`;
  if (!isMap(value) || !isMoment(value.from) || !isMoment(value.to)) {
    reader.problem('freeze', `${where}: expected \`from\` and \`to\`, and \`time-zone\` if it is not UTC`);
    return undefined;
  }
  const strange = Object.keys(value).filter((key) => !['from', 'to', 'time-zone'].includes(key));
  if (strange.length > 0) reader.problem('freeze', `${where}: there is no key "${strange[0]}"`);
  const timeZone = value['time-zone'] ?? 'UTC';
  const window = parseWindow({ from: value.from, to: value.to, timeZone: String(timeZone) });
  if (!('problem' in window)) return window;
  reader.problem('freeze', `${where}: ${window.problem}`);
  return undefined;
};

const readFreeze = (reader: InputReader): Window[] => {
  const value = reader.structured('freeze');
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((entry, index) => readWindow(reader, entry, index) ?? []);
  reader.problem('freeze', 'expected a list of windows');
  return [];
};

const readUrl = (reader: InputReader): string | undefined => {
  const url = reader.text('url');
  if (url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return url;
  reader.problem('url', 'expected an address that begins with https://', url);
  return undefined;
};

const readOutcome = (reader: InputReader): string => {
  const outcome = reader.text('status') ?? 'unknown';
  if (!OUTCOMES.includes(outcome)) {
    reader.problem('status', `expected an ecs-deploy outcome or the status of a job: ${OUTCOMES.join(', ')}`, outcome);
  }
  return outcome;
};

/** Reads all inputs; `readFile` reads files of the workspace. */
export const parseRecordInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): RecordInputs =>
  parseInputs(raw, readFile, (reader) => {
    const operation = reader.oneOf('operation', OPERATIONS) ?? 'start';
    const environment = reader.required('environment');
    const sha = reader.commit('sha') ?? (operation === 'start' ? reader.required('sha') : '');
    const serviceSha = reader.commit('service-sha') ?? sha;
    const table = reader.text('table');
    if (table !== undefined && !TABLE.test(table)) reader.problem('table', 'expected the name of a table', table);
    const token = reader.secret('token');
    if (table === undefined && token === undefined) {
      reader.problem('table', 'give `table` or `token`: without both there is nowhere to record');
    }
    const deploymentId = reader.text('deployment-id');
    if (deploymentId !== undefined && !ID.test(deploymentId)) {
      reader.problem('deployment-id', 'expected the output `deployment-id` of `start`', deploymentId);
    }
    if (operation === 'finish' && deploymentId === undefined) {
      reader.problem('deployment-id', 'is required to finish: the output `deployment-id` of `start`');
    }
    const told = afterGoingBack(reader.structured('services'), reader.structured('went-back'));
    const services = parseServices(told);
    if (services === 'unreadable') {
      reader.problem('services', 'expected a JSON array of names, or the output `services` of ecs-deploy');
    }
    const images = parseImages(reader.structured('images'));
    if (images === undefined) reader.problem('images', 'expected a JSON object of service to image');
    const type = reader.oneOf('environment-type', ENVIRONMENT_TYPES) ?? 'auto';
    return {
      operation,
      environment,
      version: reader.text('version') ?? sha.slice(0, 7),
      sha,
      serviceSha,
      kind: reader.oneOf('kind', KINDS) ?? 'release',
      reason: reader.text('reason')?.slice(0, MAX_REASON),
      services: services === 'unreadable' ? undefined : services,
      told: told === undefined ? '' : JSON.stringify(told),
      table,
      lock: reader.bool('lock'),
      leaseSeconds: reader.duration('lock-ttl', { min: 60, max: 7 * 86_400 }) ?? 7_200,
      waitSeconds: reader.duration('lock-wait', { min: 0, max: 86_400 }) ?? 0,
      keepOpen: reader.bool('keep-open'),
      freeze: readFreeze(reader),
      freezeOverride: reader.text('freeze-override')?.slice(0, MAX_REASON),
      outdatedOverride: reader.text('outdated-override')?.slice(0, MAX_REASON),
      images: images ?? new Map(),
      url: readUrl(reader),
      outcome: readOutcome(reader),
      deploymentId,
      isProduction: type === 'production' || (type === 'auto' && ['production', 'prod'].includes(environment)),
      isTransient: type === 'transient',
      limit: reader.integer('limit', { min: 1, max: 100 }) ?? 10,
      token,
    };
  });
