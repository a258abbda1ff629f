import { writeFile } from 'node:fs/promises';
import { renderReport } from '../report/html.ts';
import type { Rehearsal } from '../report/model.ts';
import type { WorkflowResult } from '../runner/run-events.ts';
import { readRecords } from '../world/deployments.ts';
import type { StandIns } from '../world/stand-ins.ts';
import type { Facts } from './audit.ts';
import { auditDryRun, auditFailure, auditPause, auditRecords, auditSuccess } from './audit.ts';
import type { PreparedWorld } from './prepare-world.ts';
import { callRecords, deploymentRecords, jobRecords, recordedDeployments, remarkRecords } from './records.ts';
import type { RehearseOptions, RehearseResult } from './rehearse.ts';
import type { Scene } from './scene.ts';
import { sentenceFor } from './sentence.ts';
import { lookAround } from './truth.ts';

export interface Ended {
  readonly options: RehearseOptions;
  readonly scene: Scene;
  readonly standIns: StandIns;
  readonly prepared: PreparedWorld;
  readonly result: WorkflowResult;
  /** Milliseconds since the epoch, when the workflow began. */
  readonly startedAt: number;
  readonly reportFile: string;
  /** Faults that found nothing to strike. */
  readonly unplayed: readonly string[];
}

const outcomeOf = ({ jobs }: WorkflowResult): string =>
  jobs.map(({ outputs }) => outputs.outcome).find((value) => value !== undefined && value !== '') ?? '';

const audit = (facts: Facts, result: WorkflowResult, version: string): string[] => {
  if (result.conclusion !== 'success') return auditFailure(facts);
  return outcomeOf(result) === 'paused' ? auditPause(facts) : auditSuccess(facts, version);
};

/** Holds the workflow's claims against the world, and writes the report. */
export const conclude = async (ended: Ended): Promise<RehearseResult> => {
  const { options, scene, standIns, result, prepared, startedAt, reportFile } = ended;
  const { args } = options;
  const truth = await lookAround(standIns, scene.environments, prepared.tags, startedAt);
  const seen = truth.facts();
  // A roll-back leaves the database as it is.
  const facts = scene.event.goal === undefined ? seen : { ...seen, migrations: [] };
  const places = {
    call: (service: string, operation: string, input: Record<string, unknown>) =>
      standIns.aws.call(service, operation, input),
    github: standIns.github,
    repository: scene.consumer.name,
  };
  const records = await Promise.all(scene.environments.map((environment) => readRecords(places, environment)));
  const messages = standIns.chat.messages();
  const calls = standIns.aws.requests().filter(({ at }) => at >= startedAt);
  const findings = scene.isDryRun
    ? [
        ...auditFailure(facts),
        ...auditDryRun(
          calls.map(({ service, operation }) => `${service}:${operation}`),
          records,
          messages.length,
        ),
      ]
    : [...audit(facts, result, scene.version), ...auditRecords(records, result.conclusion === 'success')];
  const serving = truth.serving();
  const rehearsal: Rehearsal = {
    workflow: args.workflow,
    phrase: scene.event.phrase,
    repository: scene.consumer.name,
    conclusion: result.conclusion,
    sentence: sentenceFor({
      workflow: args.workflow,
      conclusion: result.conclusion,
      outcome: outcomeOf(result),
      serving,
      findings,
      unplayed: ended.unplayed,
    }),
    startedAt,
    endedAt: Date.now(),
    notes: prepared.notes,
    faults: args.faults,
    remarks: remarkRecords(result),
    jobs: jobRecords(result),
    deployments: deploymentRecords(standIns.aws, startedAt, truth.versionOf),
    serving,
    messages,
    records: recordedDeployments(records),
    calls: callRecords(standIns.aws),
  };
  await writeFile(reportFile, renderReport(rehearsal));
  return { rehearsal, findings, unplayed: ended.unplayed, reportFile };
};
