import type { Check, Pipeline, ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import { hasPlaceholder } from '@hospital-ops/pipeline/placeholders';
import type { Release } from '@hospital-ops/pipeline/resolve';
import { resolveEnvironment } from '@hospital-ops/pipeline/resolve';
import { planChecks } from './plan.ts';
import type { Deployed } from './way-back.ts';

const SHORT_SHA = /^[0-9a-f]{7,64}$/;

/** What a service is to answer, as far as it is known. The commit is known by the version of this run, or when it is one. */
const releaseOf = ({ version }: Deployed, run: Release): Partial<Release> => {
  if (version === '') return {};
  if (version === run.version) return run;
  return SHORT_SHA.test(version) ? { version, sha: version } : { version };
};

/** Without these a request would be another one; an expectation or a name can be left out. */
const isNeeded = (key: string): boolean => !key.startsWith('expect-') && key !== 'name';

interface Asked {
  readonly checks: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly notes: readonly string[];
}

const checksOf = (report: Deployed, pipeline: Pipeline, environment: string, run: Release): Asked => {
  const known = releaseOf(report, run);
  const { services } = resolveEnvironment(pipeline, environment, { sha: '', version: '', ...known });
  const service = services.get(report.name);
  const written = pipeline.services.get(report.name)?.smoke ?? [];
  if (service === undefined) return { checks: [], notes: [] };
  const isUnknown = (value: unknown): boolean =>
    (['version', 'sha'] as const).some(
      (name) => known[name] === undefined && hasPlaceholder(JSON.stringify(value) ?? '', name),
    );
  const notes: string[] = [];
  const smoke = service.smoke.flatMap((check, index): Check[] => {
    const unknown = Object.entries(written[index] ?? {}).flatMap(([key, value]) => (isUnknown(value) ? [key] : []));
    if (unknown.length === 0) return [check];
    const isLeftOut = unknown.some(isNeeded);
    notes.push(
      `${isLeftOut ? 'The check' : `What \`${unknown.join('`, `')}\` says of the check`} ${check.url} of ${report.name} is left out: which ${known.version === undefined ? 'version' : 'commit'} serves is not known.`,
    );
    if (isLeftOut) return [];
    return [Object.fromEntries(Object.entries(check).filter(([key]) => !unknown.includes(key))) as Check];
  });
  return { checks: planChecks({ ...service, smoke }), notes };
};

/**
 * Returns the checks of the services that answer by now, each asked for the version that it serves: a service that did
 * not change answers its old one, and after the way back all of them do. One that is paused has nothing to show yet.
 */
export const planServingChecks = (
  deployed: readonly Deployed[],
  pipeline: Pipeline,
  environment: string,
  run: Release,
): Asked => {
  const asked = deployed
    .filter(({ outcome }) => outcome !== 'paused')
    .map((report) => checksOf(report, pipeline, environment, run));
  return { checks: asked.flatMap(({ checks }) => checks), notes: asked.flatMap(({ notes }) => notes) };
};

/** Whether a service is watched by its smoke checks: one with a strategy is watched by ecs-deploy, before it counts. */
export const bakesByChecks = ({ strategy, smoke }: ResolvedService): boolean =>
  strategy === undefined && smoke.length > 0;

/**
 * Returns how long what was deployed is still to be watched by its smoke checks: the bake time of the environment, where a
 * service is watched by them.
 */
export const bakeOf = (
  deployed: readonly Deployed[],
  { bakeTime, services }: ResolvedEnvironment,
): string | undefined =>
  deployed.some(({ name, outcome }) => {
    const service = services.get(name);
    return outcome === 'deployed' && service !== undefined && bakesByChecks(service);
  })
    ? bakeTime
    : undefined;
