import { OpsError } from '@hospital-ops/action-kit/errors';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { githubLock, openDeployment } from '@hospital-ops/deployments/github-lock';
import type { Lock } from '@hospital-ops/deployments/lock';
import { tableLock } from '@hospital-ops/deployments/lock';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import { newId } from '@hospital-ops/deployments/record';
import type { RecordDeps, Stores } from './deps.ts';
import { lookIn, orWarn, partition, redacted, storesOf } from './deps.ts';
import { closeRecord } from './end.ts';
import { checkFreeze } from './freeze.ts';
import { hold, showHolder } from './hold.ts';
import type { RecordInputs } from './inputs.ts';
import { openRecord } from './open-record.ts';
import { checkOutdated, unreadable } from './outdated.ts';
import { summaryOf } from './report.ts';

interface Beginning {
  readonly id: string;
  readonly stores: Stores;
  readonly override: DeploymentRecord['freeze-override'];
  now(): number;
}

const UNREAD =
  'What the environment ran before is not known, so services that are left alone are missing from this record';

/** Returns what the environment runs. Throws OpsError when that cannot be read and nothing says that it does not matter. */
const readPrevious = async (
  { environment, kind, outdatedOverride }: RecordInputs,
  { log }: RecordDeps,
  stores: Stores,
): Promise<DeploymentRecord | undefined> => {
  const read = () => lookIn(stores, (reader) => reader.current());
  if (kind === 'rollback' || outdatedOverride !== undefined) return orWarn(log, UNREAD, read);
  return read().catch((error: unknown) => {
    throw unreadable(environment, error);
  });
};

/** What the environment ran before is asked only by who holds it. */
const compose = async (inputs: RecordInputs, deps: RecordDeps, beginning: Beginning): Promise<DeploymentRecord> => {
  const { id, stores, override } = beginning;
  const previous = await readPrevious(inputs, deps, stores);
  const outdated = await checkOutdated(inputs, deps, stores, previous);
  return openRecord(inputs, deps, id, {
    started: new Date(beginning.now()).toISOString(),
    previous,
    overrides: { ...(override && { 'freeze-override': override }), ...(outdated && { 'outdated-override': outdated }) },
  });
};

/** Creates the deployment at GitHub and says that it goes on. */
const openAtGitHub = async (inputs: RecordInputs, deps: RecordDeps, record: DeploymentRecord): Promise<number> => {
  const { github, clock, log, run, redact } = deps;
  if (github === undefined) throw new OpsError({ what: 'there is no token to record the deployment at GitHub with.' });
  const deployment = {
    sha: record.sha,
    environment: record.environment,
    description: redact(`${record.kind} ${record.version}`),
    payload: {
      'hospital-ops': redacted(record, redact),
      expires: Date.parse(record.started) + inputs.leaseSeconds * 1000,
    },
    isTransient: inputs.isTransient,
    isProduction: inputs.isProduction,
  };
  const number = await openDeployment(github, deployment, record.id, clock);
  await orWarn(log, 'GitHub does not show that the deployment goes on', () =>
    github.createDeploymentStatus(number, {
      state: 'in_progress',
      description: `started by ${run.actor || 'a run'}`,
      environmentUrl: record.url,
      logUrl: run.runUrl,
    }),
  );
  return number;
};

/** A deployment whose job died without a word is still open in the record; who takes its place closes it. */
const closeAbandoned = (inputs: RecordInputs, deps: RecordDeps, stores: Stores, owner: string) =>
  orWarn(deps.log, `The record of the deployment ${owner}, whose lease is over, stays open`, async () => {
    const record = await lookIn(stores, (reader) => reader.find(owner));
    if (record?.status !== 'in-progress') return;
    deps.log.warning(
      `The deployment of ${showHolder({ ...record, runUrl: record['run-url'] })} never said how it ended; it is recorded as unknown.`,
    );
    await closeRecord(record, { outcome: 'unknown', results: [], images: inputs.images, url: undefined }, deps, stores);
  });

interface Opened {
  readonly record: DeploymentRecord;
  readonly number: number | undefined;
}

/** Holds the environment in the table and records the deployment there; at GitHub as well, when that can be. */
const beginInTable = async (inputs: RecordInputs, deps: RecordDeps, beginning: Beginning): Promise<Opened> => {
  const { log, github } = deps;
  const { stores } = beginning;
  const composed = await compose(inputs, deps, beginning);
  const number =
    github &&
    (await orWarn(
      log,
      'GitHub shows nothing of this deployment, and detect-changes will not take it for the last one',
      () => openAtGitHub(inputs, deps, composed),
    ));
  const record = { ...composed, ...(number !== undefined && { 'github-deployment': number }) };
  await orWarn(log, 'The beginning of this deployment is missing from the table', async () =>
    stores.table?.begin(redacted(record, deps.redact)),
  );
  return { record, number };
};

/** Opens the record, once the environment is free and not frozen. Throws OpsError when it is either. */
export const runStart = async (inputs: RecordInputs, deps: RecordDeps): Promise<ActionResult> => {
  const { table, github, clock, run, log } = deps;
  const stores = storesOf(deps, inputs.environment);
  let override = checkFreeze(inputs, clock.now(), log);
  let opened: Opened | undefined;
  let id = '';
  const beginning = (): Beginning => ({ id, stores, override, now: () => lock?.now() ?? clock.now() });
  const openHere = async () => {
    const record = await compose(inputs, deps, beginning());
    const number = await openAtGitHub(inputs, deps, record);
    opened = { record: { ...record, 'github-deployment': number }, number };
    return number;
  };
  const lock: Lock | undefined =
    table !== undefined
      ? tableLock(table, partition(deps, inputs.environment))
      : github && githubLock(github, inputs.environment, clock, openHere);
  // The first answer tells AWS's time, by which ids are sorted and leases measured.
  if (inputs.lock && table !== undefined) await lock?.holder();
  id = newId(lock?.now() ?? clock.now(), run.runId, run.runAttempt, deps.random);
  deps.saveState('id', id);
  const wanted = {
    owner: id,
    actor: run.actor,
    version: inputs.version,
    workflow: run.workflow,
    runUrl: run.runUrl,
    leaseMs: inputs.leaseSeconds * 1000,
  };
  try {
    const claim = inputs.lock && lock ? await hold(lock, wanted, inputs, deps) : undefined;
    if (claim?.waited) override = checkFreeze(inputs, clock.now(), log);
    if (claim?.abandoned) await closeAbandoned(inputs, deps, stores, claim.abandoned.owner);
    if (table !== undefined) opened = await beginInTable(inputs, deps, beginning());
    else if (opened === undefined) await openHere();
  } catch (error) {
    // What was claimed and not begun must keep nobody out; the post step tries again if this fails.
    if (inputs.lock) await lock?.release(id).catch(() => undefined);
    throw error;
  }
  const { record } = opened ?? { record: await compose(inputs, deps, beginning()) };
  log.info(`Recorded ${record.kind} ${record.version} to ${record.environment} as ${id}.`);
  return {
    outputs: {
      'deployment-id': id,
      'previous-version': record.previous?.version ?? '',
      'previous-sha': record.previous?.sha ?? '',
      'lock-holder': inputs.lock ? showHolder(wanted) : '',
      status: 'in-progress',
    },
    summary: summaryOf(record),
  };
};
