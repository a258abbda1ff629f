import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { code, Summary, text } from '@hospital-ops/action-kit/summary';
import { findWayBack, imagesOf, nearestProof, revisionsOf } from '@hospital-ops/deployments/look-up';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import type { RecordReader } from '@hospital-ops/deployments/store';
import type { Branches } from '@hospital-ops/github/branches';
import type { FindInputs } from './inputs.ts';

export const outputs = ['environment', 'sha', 'version', 'services', 'images', 'revisions', 'reason'] as const;

export interface FindDeps {
  /** What is recorded of the environment that is looked through. */
  readonly records: RecordReader;
  readonly branches: Pick<Branches, 'relation'>;
  readonly log: Log;
}

const NOTHING = { services: '[]', images: '{}', revisions: '{}' };

/** A service that is no more cannot be deployed, and must not keep the others from it. */
const ofKnown = (texts: Readonly<Record<string, string>>, known: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(texts).filter(([name]) => known.has(name)));

const found = (environment: string, record: DeploymentRecord, known: ReadonlySet<string>) => {
  const images = ofKnown(imagesOf(record), known);
  return {
    environment,
    sha: record.sha,
    version: record.version,
    services: JSON.stringify(Object.keys(images)),
    images: JSON.stringify(images),
    revisions: JSON.stringify(ofKnown(revisionsOf(record), known)),
  };
};

const findProof = async (environment: string, { sha, known }: FindInputs, deps: FindDeps): Promise<ActionResult> => {
  const { records, branches, log } = deps;
  const proof = await nearestProof(records, sha, async (ancestor) => {
    const seen = await branches.relation(ancestor, sha);
    return seen?.relation === 'ahead' || seen?.relation === 'identical' ? seen.ahead : undefined;
  });
  const summary = new Summary().heading('Proof');
  if (proof === undefined) {
    log.warning(`Nothing proves ${sha.slice(0, 7)}: neither it nor an ancestor of it succeeded in ${environment}.`);
    summary.paragraph(
      text('Neither'),
      code(sha.slice(0, 7)),
      text(`nor an ancestor of it succeeded in ${environment}.`),
    );
    return { outputs: { ...NOTHING, environment }, summary };
  }
  const where = proof.sha === sha ? 'at this very commit' : `at its ancestor ${proof.sha.slice(0, 7)}`;
  log.info(`${environment} ran ${proof.version} ${where} (${proof.id}).`);
  summary.paragraph(text(`${environment} ran`), code(proof.version), text(`${where}, and it was good.`));
  return { outputs: found(environment, proof, known), summary };
};

/** Says which services do not go back. Throws OpsError when none does: that would be a roll-back that does nothing. */
const refuseNothing = ({ services, version }: DeploymentRecord, known: ReadonlySet<string>, log: Log): void => {
  const without = Object.keys(services).filter((name) => services[name]?.digest === undefined || !known.has(name));
  if (without.length === Object.keys(services).length) {
    throw new OpsError({
      what: `the record of ${version} names no image by digest of any service that the pipeline file has, so nothing can go back to it.`,
      next: 'name another version, or roll the services back with ecs-deploy (`rollback-to`).',
      docs: 'README#troubleshooting',
    });
  }
  if (without.length > 0) {
    log.warning(
      `${without.join(', ')} ${without.length === 1 ? 'does' : 'do'} not go back to ${version}: its record names no image by digest, or the pipeline file has no such service any more.`,
    );
  }
};

const findTarget = async (
  environment: string,
  version: string,
  known: ReadonlySet<string>,
  deps: FindDeps,
): Promise<ActionResult> => {
  const target = await findWayBack(deps.records, version);
  if ('problem' in target) {
    throw new OpsError({
      what: `there is nothing to go back to in ${environment}: ${target.problem}.`,
      next: 'name a version that succeeded here.',
      docs: 'README#troubleshooting',
    });
  }
  const { record } = target;
  refuseNothing(record, known, deps.log);
  deps.log.info(`${environment} goes back to ${record.version} (${record.id}).`);
  const summary = new Summary()
    .heading('Way back')
    .paragraph(
      text(`${environment} goes back to`),
      code(record.version),
      text(`as it was deployed on ${record.started}.`),
    );
  return { outputs: found(environment, record, known), summary };
};

/** Finds the deployment. Throws OpsError when the records cannot be read: that is not the same as no deployment. */
export const runFindDeployment = async (inputs: FindInputs, deps: FindDeps): Promise<ActionResult> => {
  const { environment, known, version } = inputs;
  if (environment === undefined) return { outputs: NOTHING, summary: new Summary() };
  return version === undefined ? findProof(environment, inputs, deps) : findTarget(environment, version, known, deps);
};
