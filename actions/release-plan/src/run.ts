import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { code, Summary, text } from '@hospital-ops/action-kit/summary';
import { resolveEnvironment } from '@hospital-ops/pipeline/resolve';
import type { PlanInputs } from './inputs.ts';
import type { ReleasePlan } from './plan.ts';
import { planRelease } from './plan.ts';
import { recordedCommit } from './recorded-commit.ts';
import { bakeOf, planServingChecks } from './serving-checks.ts';
import { stagesOf } from './stages.ts';
import { refuseTooLong } from './time-needed.ts';
import type { RunReference } from './version.ts';
import { decideVersion } from './version.ts';
import { planWayBack } from './way-back.ts';

export const outputs = [
  'version',
  'region',
  'cluster',
  'url',
  'table',
  'freeze',
  'images',
  'services',
  'migrations',
  'version-variable',
  'checks',
  'bake-time',
  'stages',
  'recorded-sha',
  'released',
  'reason',
] as const;

export interface PlanDeps {
  readonly reference: RunReference;
  readonly log: Log;
}

const json = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));

const stages = ({ services = [], migrations, checks }: ReleasePlan) =>
  stagesOf({ migrating: migrations !== undefined, deploying: services.length > 0, 'smoke-testing': checks.length > 0 });

/** Plans the release. Everything in it follows from the inputs; nothing is asked and nothing is changed. */
export const runReleasePlan = async (inputs: PlanInputs, { reference, log }: PlanDeps): Promise<ActionResult> => {
  const { sha, services, deployed } = inputs;
  const version = decideVersion(inputs.version, reference, sha);
  const environment = resolveEnvironment(inputs.pipeline, inputs.environment, { sha, version });
  refuseTooLong(services, environment, inputs.deadlines);
  const plan = planRelease({ ...inputs, environment });
  const asked = deployed && planServingChecks(deployed, inputs.pipeline, inputs.environment, { sha, version });
  // A release is planned several times; the first says what it will not do, the others only log it.
  for (const note of plan.notes) (inputs.images || deployed ? log.info : log.warning)(note);
  for (const note of asked?.notes ?? []) log.warning(note);
  const back = deployed && planWayBack(deployed);
  const names = back ? back.map(({ name }) => name) : services;
  const summary = new Summary()
    .heading(`${back ? 'Way back' : 'Release plan'} for ${environment.name}`)
    .paragraph(
      back ? text('Back from version') : text('Version'),
      code(version),
      text(`in cluster ${environment.cluster}: ${names.join(', ') || 'no service'}.`),
    );
  return {
    outputs: {
      version,
      region: environment.region,
      cluster: environment.cluster,
      url: environment.url ?? '',
      table: environment.recordTable ?? '',
      freeze: JSON.stringify(environment.freeze.map(({ from, to, timeZone }) => ({ from, to, 'time-zone': timeZone }))),
      images: json(plan.images),
      services: json(back ?? plan.services),
      migrations: back ? '' : json(plan.migrations),
      'version-variable': plan.versionVariable,
      checks: json((asked ?? plan).checks),
      'bake-time': (deployed && bakeOf(deployed, environment)) ?? '',
      stages: back || inputs.images === undefined ? '' : JSON.stringify(stages(plan)),
      'recorded-sha': recordedCommit(inputs),
      released: json(services),
    },
    summary,
  };
};
