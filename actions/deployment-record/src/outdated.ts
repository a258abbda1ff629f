import { causeOf, OpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import { startedOf } from '@hospital-ops/deployments/record';
import type { Standing } from '@hospital-ops/github/branches';
import type { RecordDeps, Stores } from './deps.ts';
import { lookIn } from './deps.ts';
import type { RecordInputs } from './inputs.ts';
import type { Running } from './standing.ts';
import { judge, runningOf } from './standing.ts';

/** How many of the commits that may get lost are named. */
const NAMED = 5;

const show = ({ version, sha }: Pick<Running, 'version' | 'sha'>): string =>
  neutralizeToLine(`${version || 'a version without a name'} (${sha.slice(0, 7)})`, 200);

const commits = (count: number): string => `${count} ${count === 1 ? 'commit' : 'commits'}`;

const OVERRIDE = 'give the reason that cannot wait in `outdated-override`.';
const DOCS = 'README#outdated-deployments';

/** `by ben on 2026-11-28 16:38 UTC in https://…`, as far as it is known. */
const broughtBy = async ({ deployment }: Running, previous: DeploymentRecord, stores: Stores): Promise<string> => {
  const record =
    deployment === previous.id
      ? previous
      : await lookIn(stores, (reader) => reader.find(deployment)).catch(() => undefined);
  const when = record?.ended ?? record?.started ?? startedOf(deployment);
  const url = record?.['run-url'];
  return [
    ...(record?.kind === 'hotfix' ? ['as a hotfix'] : []),
    ...(record?.actor ? [`by ${neutralizeToLine(record.actor, 100)}`] : []),
    `on ${neutralizeToLine(when.slice(0, 16).replace('T', ' '), 30)} UTC`,
    ...(url === undefined ? [] : [`in ${url}`]),
  ].join(' ');
};

interface Told {
  readonly inputs: RecordInputs;
  readonly running: Running;
  readonly by: string;
}

const ours = ({ version, serviceSha }: RecordInputs): string => show({ version, sha: serviceSha });

/** Of which service it runs, where it is not the environment as a whole. */
const part = ({ running: { service } }: Told): string => (service === undefined ? '' : ` of "${service}"`);

const outdated = (told: Told, standing: Standing | undefined): OpsError => {
  const { inputs, running, by } = told;
  const lower = 'it is another line of history, and the version is lower';
  const why =
    standing === undefined
      ? 'its version is lower'
      : standing.relation === 'behind'
        ? `its commit lies ${commits(standing.behind)} behind, which this would take back`
        : `${lower}; it does not hold ${commits(standing.behind)} of what runs`;
  return new OpsError({
    what: `${ours(inputs)} is older than what "${inputs.environment}" runs${part(told)}, ${show(running)}.`,
    why: `${why}. The newer one was deployed ${by}.`,
    next: `nothing, if the newer one is to stay. To go back, use rollback.yml (\`kind: rollback\`), or ${OVERRIDE}`,
    docs: DOCS,
  });
};

/** What is told where the record of what runs cannot be read. */
export const unreadable = (environment: string, cause: unknown): OpsError =>
  new OpsError({
    what: `what "${environment}" runs cannot be read, so that an older release could overwrite a newer one.`,
    why: causeOf(cause),
    next: `run this again, or ${OVERRIDE}`,
    docs: DOCS,
    cause,
  });

const unknowable = ({ inputs, running }: Told, cause: unknown): OpsError =>
  new OpsError({
    what: `whether ${ours(inputs)} is older than ${show(running)}, which "${inputs.environment}" runs, cannot be known.`,
    why: causeOf(cause),
    next: `run this again when GitHub answers, or ${OVERRIDE}`,
    docs: DOCS,
    cause,
  });

const tellDoubt = async (told: Told, standing: Standing | undefined, { log, github }: RecordDeps): Promise<void> => {
  const { inputs, running, by } = told;
  if (standing === undefined) {
    const why =
      github === undefined
        ? 'there is no token to ask GitHub with'
        : 'GitHub does not know one of the two commits, or the token lacks `contents: read`';
    log.warning(
      `Whether ${ours(inputs)} is older than what "${inputs.environment}" runs${part(told)}, ${show(running)}, is not known: ${why}. If it is, a newer one is overwritten.`,
      { title: 'deployment-record' },
    );
    return;
  }
  const found = await github?.compare(inputs.serviceSha, running.sha, NAMED).catch(() => undefined);
  const named = (found?.commits ?? []).map(({ subject }) => `"${neutralizeToLine(subject, 100)}"`);
  const more = standing.behind - named.length;
  const list = [...named, ...(named.length > 0 && more > 0 ? [`${more} more`] : [])].join(', ');
  log.warning(
    `${ours(inputs)} does not hold ${commits(standing.behind)} of what "${inputs.environment}" runs${part(told)}, ${show(running)}, deployed ${by}${list && `: ${list}`}. What did not come over in another form (a squash, a cherry-pick) is lost with this deployment.`,
    { title: 'deployment-record' },
  );
};

/**
 * Looks whether what runs is newer than what would be deployed: planned earlier and approved later, it would be taken back
 * unseen. To be called by who holds the environment. Returns what is recorded of an override, undefined when there was
 * nothing to override. Throws OpsError for an older one, and where nobody can tell.
 */
export const checkOutdated = async (
  inputs: RecordInputs,
  deps: RecordDeps,
  stores: Stores,
  previous: DeploymentRecord | undefined,
): Promise<DeploymentRecord['outdated-override']> => {
  const { kind, serviceSha, version, services = [], outdatedOverride: reason } = inputs;
  if (previous === undefined || kind === 'rollback') return undefined;
  const names = services.map(({ name }) => name);
  for (const running of runningOf(previous, names)) {
    if (running.sha === serviceSha) continue;
    const told = { inputs, running, by: '' };
    let problem: OpsError | undefined;
    try {
      const standing = await deps.branches?.relation(running.sha, serviceSha);
      const verdict = judge(version, running, standing);
      if (verdict === 'current') continue;
      const by = await broughtBy(running, previous, stores);
      if (verdict === 'outdated') problem = outdated({ ...told, by }, standing);
      else await tellDoubt({ ...told, by }, standing, deps);
    } catch (error) {
      problem = unknowable(told, error);
    }
    if (problem === undefined) continue;
    if (reason === undefined) throw problem;
    deps.log.notice(`${problem.what.replace(/\.$/, '')}; overridden: ${reason}`);
    return { reason, version: running.version, sha: running.sha };
  }
  return undefined;
};
