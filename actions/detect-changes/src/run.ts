import { asOpsError, CancelledError, formatError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Repository } from '@hospital-ops/git/repository';
import type { EventContext } from '@hospital-ops/github/context';
import { establishBase, shortSha } from './base.ts';
import type { Classification } from './classify.ts';
import { classify, everything } from './classify.ts';
import type { DetectInputs } from './inputs.ts';
import { OUTPUTS } from './inputs.ts';
import { eventDefaultBranch, planBase } from './plan.ts';
import type { Comparison } from './report.ts';
import { renderOutputs, renderSummary } from './report.ts';
import { NO_SERVICES, serviceFilters } from './services.ts';

export const outputs = OUTPUTS;

export interface DetectDeps {
  readonly repository: Repository;
  readonly event: EventContext;
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

/** `environment` will look for the last deployment one day; until then the reason says that it did not. */
const withEnvironment = (reason: string, { environment, base }: DetectInputs): string =>
  environment === undefined || base !== 'auto' ? reason : `${reason}; deployments to ${environment} are not looked up`;

const compare = async (inputs: DetectInputs, { repository, event }: DetectDeps): Promise<Found> => {
  const checkedOut = await repository.head();
  const found = await establishBase(planBase(inputs.base, event), {
    repository,
    checkedOut,
    defaultBranch: eventDefaultBranch(event),
  });
  if ('unknown' in found) return fallBack(inputs, found.head, found.unknown);
  const { base, head } = found;
  const changes = await repository.changes(base, head);
  const { loaded, graph } = inputs;
  const services = loaded ? await serviceFilters(loaded, graph, changes, { base, head, repository }) : NO_SERVICES;
  const classification = classify(changes, inputs.filters, services);
  const reason = withEnvironment(found.reason, inputs);
  return { classification, comparison: { base, head, reason, fallback: '' } };
};

const compareOrFallBack = async (inputs: DetectInputs, deps: DetectDeps): Promise<Found> => {
  try {
    return await compare(inputs, deps);
  } catch (error) {
    // What cannot be known is never "nothing changed". Only a cancelled run has nothing to say.
    if (error instanceof CancelledError) throw error;
    const failure = asOpsError(error);
    deps.log.info(formatError('detect-changes', failure));
    const why = [failure.what, failure.why ?? ''].join(' ').trim().replace(/\.$/, '');
    return fallBack(inputs, '', neutralizeToLine(why, 300));
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
