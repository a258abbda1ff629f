import { asOpsError, CancelledError, causeOf, formatError, ToolError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Change } from '@hospital-ops/git/diff';
import type { Commit, Repository } from '@hospital-ops/git/repository';
import type { GitHubApi } from '@hospital-ops/github/api';
import type { EventContext } from '@hospital-ops/github/context';
import { pullRequestOf } from '@hospital-ops/github/payload';
import { establishBase } from './base.ts';
import type { Classification } from './classify.ts';
import { classify, everything, NO_SERVICES, only, together } from './classify.ts';
import type { Base } from './comparison.ts';
import { shortSha } from './comparison.ts';
import type { DetectInputs } from './inputs.ts';
import { OUTPUTS } from './inputs.ts';
import { eventDefaultBranch, planBase } from './plan.ts';
import type { Comparison } from './report.ts';
import { renderOutputs, renderSummary } from './report.ts';
import { askForFiles } from './request-files.ts';
import type { serviceFilters } from './services.ts';

export const outputs = OUTPUTS;

export interface DetectDeps {
  readonly repository: Repository;
  readonly event: EventContext;
  /** Undefined without a token or a repository. */
  readonly api: Pick<GitHubApi, 'listDeployments' | 'deploymentWord' | 'pullRequestFiles'> | undefined;
  readonly log: Log;
}

interface Found {
  readonly classification: Classification;
  readonly comparison: Comparison;
}

const namesOf = ({ filters, loaded }: DetectInputs): string[] => [
  ...filters.map(({ name }) => name),
  ...(loaded?.pipeline.services.keys() ?? []),
];

const fallBack = (inputs: DetectInputs, head: string, why: string): Found => ({
  classification: everything(namesOf(inputs), why),
  comparison: { base: '', head, reason: 'none', fallback: why },
});

/** Dockerfiles, lock files and manifests are read where there is a pipeline file. */
const servicesOf: typeof serviceFilters = async (...about) => (await import('./services.ts')).serviceFilters(...about);

const render = async (
  inputs: DetectInputs,
  { repository, log }: DetectDeps,
  base: Base,
  changesSince: (sha: string) => Promise<readonly Change[]>,
): Promise<Found> => {
  if ('unknown' in base) return fallBack(inputs, base.head, base.unknown);
  const { head, reason, notes = [], besides = [] } = base;
  for (const note of notes) log.warning(note, { title: 'detect-changes' });
  const { loaded, graph, filters } = inputs;
  const since = async (sha: string, speaksFor: (service: string) => boolean) => {
    const changes = await changesSince(sha);
    const services = loaded ? await servicesOf(loaded, graph, changes, { base: sha, head, repository }) : NO_SERVICES;
    return classify(changes, filters, only(services, speaksFor));
  };
  const elsewhere = new Set(besides.flatMap(({ services, instead }) => (instead && services ? [...services] : [])));
  const all = [await since(base.base, (name) => !elsewhere.has(name))];
  for (const { sha, services, why } of besides) {
    log.info(`Compared with ${shortSha(sha)} too: ${neutralizeToLine(why, 300)}.`);
    all.push(await since(sha, (name) => services?.has(name) ?? true));
  }
  return { classification: together(all), comparison: { base: base.base, head, reason, fallback: '' } };
};

/** The commit that is checked out; undefined when there is no checkout, or none of a request that the API tells of. */
const checkedOutOf = async (
  { repository }: DetectDeps,
  besides: string | undefined,
  canAsk: boolean,
): Promise<Commit | undefined> => {
  try {
    return await repository.head(besides);
  } catch (error) {
    if (error instanceof ToolError && (canAsk || /not a git repository/.test(error.stderrTail))) return undefined;
    throw error;
  }
};

const compare = async (inputs: DetectInputs, deps: DetectDeps): Promise<Found> => {
  const { repository, event, api } = deps;
  const plan = planBase(inputs.base, event, inputs.environment);
  const request = api && pullRequestOf(event.payload);
  const before = plan.kind === 'before' ? plan.before : undefined;
  const checkedOut = await checkedOutOf(deps, before, request !== undefined);
  if (!checkedOut) {
    if (!request) return fallBack(inputs, '', 'there is no checkout; run actions/checkout before this step');
    const { base, changes } = await askForFiles(request, api);
    return render(inputs, deps, base, async () => changes);
  }
  const defaultBranch = eventDefaultBranch(event);
  const base = await establishBase(plan, { repository, checkedOut, defaultBranch, api });
  return render(inputs, deps, base, (sha) => repository.changes(sha, base.head));
};

const compareOrFallBack = async (inputs: DetectInputs, deps: DetectDeps): Promise<Found> => {
  try {
    return await compare(inputs, deps);
  } catch (error) {
    // What cannot be known is never "nothing changed". Only a cancelled run has nothing to say.
    if (error instanceof CancelledError) throw error;
    const failure = asOpsError(error);
    deps.log.info(formatError('detect-changes', failure));
    return fallBack(inputs, '', neutralizeToLine(causeOf(failure), 300).replace(/\.$/, ''));
  }
};

/** A list that mixes both would mean "or" in dorny/paths-filter. */
const subtracts = ({ filters }: DetectInputs): boolean =>
  filters.some(({ rules }) => rules.some(({ negated }) => negated) && rules.length > 1);

const tell = ({ classification, comparison }: Found, inputs: DetectInputs, log: Log) => {
  const { base, head, reason, fallback } = comparison;
  if (fallback === '') log.info(`Compared ${shortSha(base)} with ${shortSha(head)}: ${reason}.`);
  else log.warning(`Everything counts as changed: ${fallback}.`, { title: 'detect-changes' });
  if (subtracts(inputs)) {
    log.info(
      'Patterns are read in order and the last match wins; `!` subtracts (dorny/paths-filter reads it as "or not").',
    );
  }
  for (const { name, changed, reason: why } of classification.verdicts) {
    log.info(`${name}: ${changed ? `changed, ${neutralizeToLine(why, 300)}` : 'unchanged'}`);
  }
  const { length } = classification.unclassified;
  if (length > 0) log.info(`${length} changed ${length === 1 ? 'file belongs' : 'files belong'} to no filter.`);
};

/** Decides what changed. Throws only when cancelled: everything else that goes wrong means that everything changed. */
export const runDetectChanges = async (inputs: DetectInputs, deps: DetectDeps): Promise<ActionResult> => {
  try {
    const found = await compareOrFallBack(inputs, deps);
    tell(found, inputs, deps.log);
    for (const { name, rules } of inputs.filters) {
      if (rules.length === 0) deps.log.warning(`The filter "${name}" has no pattern, so it never matches.`);
    }
    const { outputs: values, notes } = renderOutputs(found.classification, found.comparison, inputs);
    for (const note of notes) deps.log.warning(note);
    return { outputs: values, summary: renderSummary(found.classification, found.comparison) };
  } finally {
    await deps.repository.dispose();
  }
};
