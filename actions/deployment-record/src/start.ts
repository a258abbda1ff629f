import { OpsError } from '@hospital-ops/action-kit/errors';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { githubLock, openDeployment } from '@hospital-ops/deployments/github-lock';
import type { Lock } from '@hospital-ops/deployments/lock';
import { tableLock } from '@hospital-ops/deployments/lock';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import { newId } from '@hospital-ops/deployments/record';
import type { RecordDeps, Stores } from './deps.ts';
import { lookIn, orWarn, partition, redacted, storesOf } from './deps.ts';
import type { Kept } from './end.ts';
import { closeRecord, endingIn } from './end.ts';
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
const closeAbandoned = (deps: RecordDeps, stores: Stores, owner: string) =>
  orWarn(deps.log, `The record of the deployment ${owner}, whose lease is over, stays open`, async () => {
    const record = await lookIn(stores, (reader) => reader.find(owner));
    if (record?.status !== 'in-progress') return;
    const whose = `the deployment of ${showHolder({ ...record, runUrl: record['run-url'] })}`;
    const { isKept } = await closeRecord(record, endingIn('unknown'), deps, stores, whose);
    const recorded = isKept ? 'it is recorded as unknown' : 'it stays open in the record';
    deps.log.warning(
      `Before this one, ${whose} never said how it ended; ${recorded}. Look at what serves of: ${record.deployed.join(', ') || 'its services'}.`,
      { title: 'deployment-record' },
    );
  });

/** Holds the environment in the table and records the deployment there; at GitHub as well, when that can be. */
const beginInTable = async (inputs: RecordInputs, deps: RecordDeps, beginning: Beginning): Promise<Kept> => {
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
  const begun = await orWarn(
    log,
    'The beginning of this deployment is missing from the table: if it never ends there either, nobody sees that it was',
    async () => {
      await stores.table?.begin(redacted(record, deps.redact));
      return true;
    },
  );
  return { record, isKept: begun === true || number !== undefined };
};

/** Opens the record, once the environment is free and not frozen. Throws OpsError when it is either. */
export const runStart = async (inputs: RecordInputs, deps: RecordDeps): Promise<ActionResult> => {
  const { table, github, clock, run, log } = deps;
  const stores = storesOf(deps, inputs.environment);
  let override = checkFreeze(inputs, clock.now(), log);
  let opened: DeploymentRecord | undefined;
  let id = '';
  const beginning = (): Beginning => ({ id, stores, override, now: () => lock?.now() ?? clock.now() });
  const openHere = async () => {
    const record = await compose(inputs, deps, beginning());
    const number = await openAtGitHub(inputs, deps, record);
    opened = { ...record, 'github-deployment': number };
    return { record: opened, number };
  };
  const lock: Lock | undefined =
    table !== undefined
      ? tableLock(table, partition(deps, inputs.environment))
      : github && githubLock(github, inputs.environment, clock, async () => (await openHere()).number);
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
  const begin = async (): Promise<Kept> => {
    const claim = inputs.lock && lock ? await hold(lock, wanted, inputs, deps) : undefined;
    if (claim?.waited) override = checkFreeze(inputs, clock.now(), log);
    if (claim?.abandoned) await closeAbandoned(deps, stores, claim.abandoned.owner);
    if (table !== undefined) return beginInTable(inputs, deps, beginning());
    return { record: opened ?? (await openHere()).record, isKept: true };
  };
  const { record, isKept } = await begin().catch(async (error: unknown) => {
    // What was claimed and not begun must keep nobody out; the post step tries again if this fails.
    if (inputs.lock) await lock?.release(id).catch(() => undefined);
    throw error;
  });
  const what = `${record.kind} ${record.version} to ${record.environment}`;
  log.info(isKept ? `Recorded ${what} as ${id}.` : `${what} begins as ${id}; that is recorded nowhere yet.`);
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
