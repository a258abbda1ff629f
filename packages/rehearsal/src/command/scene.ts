import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { frozenAt } from '@hospital-ops/deployments/freeze';
import type { Window } from '@hospital-ops/pipeline/freeze';
import { parseWindow } from '@hospital-ops/pipeline/freeze';
import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import { portFaults } from '../engine/faults.ts';
import { ecsServicesOf, isStaged } from '../world/strategies.ts';
import type { RehearseArguments } from './arguments.ts';
import type { Consumer } from './consumer.ts';
import { cloneConsumer, makeSample } from './consumer.ts';
import { defaultEvent, manualEvent, payloadEvent, tagEvent } from './event.ts';
import type { RehearsedEvent } from './event-common.ts';
import { versionOf } from './event-common.ts';
import type { FaultPlan } from './faults.ts';
import { parseFaults } from './faults.ts';
import { git, tryGit } from './git.ts';
import type { ConsumerWorkflow } from './pipeline-of.ts';
import { environmentsOf, goesBack, isDryRun, namedRef, readConsumerWorkflow, readPipeline } from './pipeline-of.ts';

/** What is rehearsed, read and checked before anything is started. */
export interface Scene {
  /** Checked out at the event's commit, as GitHub would read it. */
  readonly consumer: Consumer;
  readonly workflow: ConsumerWorkflow;
  readonly event: RehearsedEvent;
  /** The version that the suite gives the released commit. */
  readonly version: string;
  readonly environments: readonly ResolvedEnvironment[];
  readonly faults: FaultPlan;
  /** Nothing may be changed by it. */
  readonly isDryRun: boolean;
}

const eventOf = async (args: RehearseArguments, consumer: Consumer, workflow: unknown): Promise<RehearsedEvent> => {
  if (args.inputs !== undefined) return manualEvent(consumer, args.inputs, args.tag);
  if (args.tag !== undefined) return tagEvent(consumer, args.tag);
  if (args.event === undefined) return defaultEvent(consumer, workflow);
  let payload: unknown;
  try {
    payload = JSON.parse(await readFile(args.event, 'utf8'));
  } catch (error) {
    throw new Error(
      `the event file ${args.event} cannot be read as JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new Error(`the event file ${args.event} holds no JSON object.`);
  }
  return payloadEvent(consumer, payload as Record<string, unknown>);
};

/** Refuses faults that only show where something connects, for services that take no connections. */
const checkFaults = (faults: FaultPlan, environments: readonly ResolvedEnvironment[]): void => {
  for (const { name, target } of faults.containers) {
    const reached = environments.some(({ services }) => services.get(target)?.url !== undefined);
    if (portFaults.includes(name) && !reached) {
      throw new Error(
        `the fault "${target}:${name}" shows on connections, and "${target}" has no url in the pipeline file.`,
      );
    }
  }
};

const servicesCalled = (environments: readonly ResolvedEnvironment[], name: string): ResolvedService[] =>
  environments.flatMap(({ services }) => services.get(name) ?? []);

/** Refuses faults of rollouts for services whose strategy has nothing that could fail so. */
const checkRollouts = (faults: FaultPlan, environments: readonly ResolvedEnvironment[]): void => {
  for (const { name, target } of faults.rollouts) {
    const strategies = servicesCalled(environments, target).flatMap(({ strategy }) => strategy ?? []);
    if (name === 'alarm-fires' && strategies.every(({ gateAlarms }) => gateAlarms.length === 0)) {
      throw new Error(
        `the fault "${target}:${name}" needs an alarm, and "${target}" has no \`gate-alarms\` in the pipeline file.`,
      );
    }
    if (name === 'hook-pauses' && !strategies.some(({ type }) => isStaged(type))) {
      throw new Error(
        `the fault "${target}:${name}" shows in the stages of blue-green, linear and canary, and "${target}" has no such strategy in the pipeline file.`,
      );
    }
  }
};

/** Refuses faults that hold a release back where nothing of the pipeline file does. */
const checkGuards = ({ guards }: FaultPlan, environments: readonly ResolvedEnvironment[], event: RehearsedEvent) => {
  const promoting = environments.some(({ promoteFrom }) => promoteFrom !== undefined);
  if (guards.includes('unproved') && !(promoting && event.goal === undefined && event.named === undefined)) {
    throw new Error(
      'the fault "unproved" shows where an environment with `promote-from` gets a tag or push, and this workflow does no such thing.',
    );
  }
  const windows = environments
    .flatMap(({ freeze }) => freeze.map(parseWindow))
    .filter((one): one is Window => !('problem' in one));
  if (guards.includes('freeze') && frozenAt(windows, Date.now()) === undefined) {
    throw new Error(
      `the fault "freeze" needs a freeze window that is open now; the pipeline file has ${windows.map(({ shown }) => shown).join(', ') || 'none'}. Next: rehearse while one is, or commit a window that is open now to a branch of yours.`,
    );
  }
};

/** A roll-back happens where the newest commit runs, and brings the one before. */
const backFrom = (event: RehearsedEvent): RehearsedEvent => {
  if (event.baseline === undefined) return event;
  return { ...event, goal: event.baseline, baseline: { sha: event.sha, version: event.sha.slice(0, 7) } };
};

/** A hotfix releases the commit that its input names. What is not there is left to the workflow to refuse. */
const releasing = async (event: RehearsedEvent, path: string, ref: string | undefined): Promise<RehearsedEvent> => {
  if (ref === undefined) return event;
  const names = [`refs/heads/${ref}`, `refs/tags/${ref}`, ref];
  const found = await Promise.all(
    names.map((name) => tryGit(path, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`)),
  );
  const sha = found.find((one) => one !== undefined);
  return sha === undefined || sha === event.sha ? event : { ...event, named: { sha, version: versionOf(sha) } };
};

/** Prepares the repository below `temp` and reads what is to happen. Throws an Error that says what is wrong. */
export const readScene = async (args: RehearseArguments, root: string, temp: string): Promise<Scene> => {
  const consumer =
    args.repo === undefined
      ? await makeSample(join(root, 'test', 'fixtures'), temp)
      : await cloneConsumer(resolve(args.repo), temp);
  const happened = await eventOf(args, consumer, readConsumerWorkflow(consumer.path, args.workflow).content);
  await git(consumer.path, 'checkout', '--quiet', '--detach', happened.sha);
  const workflow = readConsumerWorkflow(consumer.path, args.workflow);
  const given = (happened.payload.inputs ?? {}) as Readonly<Record<string, unknown>>;
  const event = goesBack(workflow.content)
    ? backFrom(happened)
    : await releasing(happened, consumer.path, namedRef(workflow.content, given));
  const pipeline = readPipeline(consumer.path);
  const faults = parseFaults(args.faults, [...pipeline.services.keys()]);
  const named = event.refType === 'tag' ? event.ref.replace(/^refs\/tags\/v?/, '') : event.sha.slice(0, 7);
  const version = (event.goal ?? event.named)?.version ?? named;
  // Nothing is deployed from a pull request, so there is nothing to build beforehand.
  const environments =
    event.pullRequest === undefined
      ? environmentsOf(pipeline, workflow.content, { sha: (event.named ?? event).sha, version }, given)
      : [];
  checkFaults(faults, environments);
  checkRollouts(faults, environments);
  checkGuards(faults, environments, event);
  const containers = faults.containers.map((fault) => ({
    ...fault,
    services: servicesCalled(environments, fault.target).flatMap(ecsServicesOf),
  }));
  return {
    consumer,
    workflow,
    event,
    version,
    environments,
    faults: { ...faults, containers },
    isDryRun: isDryRun(workflow.content, given),
  };
};
