import { OpsError } from '@hospital-ops/action-kit/errors';
import { nearest } from '@hospital-ops/action-kit/inputs';
import type { Check, Environment, Pipeline, ResolvedEnvironment, ResolvedService, Scalar, Service } from './model.ts';
import type { Values } from './placeholders.ts';
import { fillPlaceholders } from './placeholders.ts';
import type { Finding, Path } from './problem.ts';
import { formatPath } from './problem.ts';
import { resolveStrategy } from './strategy.ts';

/** What is released: the full commit SHA, and what people call it (`1.4.0`, or a short SHA). */
export interface Release {
  readonly sha: string;
  readonly version: string;
}

type Fill = <T extends string | undefined>(text: T, path: Path, values: Values) => T;

const withValues = (value: Check[string], fill: (text: string) => string): Check[string] => {
  if (typeof value === 'string') return fill(value);
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]): [string, Scalar] => [
    fill(key),
    typeof inner === 'string' ? fill(inner) : inner,
  ]);
  return Object.fromEntries(entries);
};

const resolveCheck = (check: Check, path: Path, values: Values, fill: Fill): Check => {
  const entries = Object.entries(check).map(
    ([key, value]) => [key, withValues(value, (text) => fill(text, [...path, key], values))] as const,
  );
  return Object.fromEntries(entries) as Check;
};

const urlOf = (environment: Environment, service: string, values: Values, fill: Fill): string | undefined => {
  const { name, url } = environment;
  if (url === undefined || typeof url === 'string') return fill(url, ['environments', name, 'url'], values);
  return fill(url.get(service), ['environments', name, 'url', service], values);
};

const resolveService = (
  { project }: Pipeline,
  environment: Environment,
  service: Service,
  release: Release,
  fill: Fill,
): ResolvedService => {
  const path = ['services', service.name];
  const inEnvironment = ['environments', environment.name];
  const image = { project, service: service.name };
  const here = { ...image, environment: environment.name };
  const url = urlOf(environment, service.name, here, fill);
  const everything = { ...here, ...release, ...(url === undefined ? {} : { url }) };
  const { build, migrations } = service;
  const strategy = environment.strategies.get(service.name);
  const command = migrations?.command;
  return {
    name: service.name,
    build: {
      ...build,
      repository: fill(build.repository, [...path, 'repository'], image),
      buildArgs: Object.fromEntries(
        Object.entries(build.buildArgs).map(([name, value]) => [
          name,
          fill(value, [...path, 'build-args', name], { ...image, sha: release.sha }),
        ]),
      ),
    },
    service: fill(environment.service, [...inEnvironment, 'service'], here),
    after: service.after,
    container: fill(service.container, [...path, 'container'], here),
    url,
    versionVariable: service.versionVariable,
    migrations: migrations && {
      taskDefinition: fill(migrations.taskDefinition, [...path, 'migrations', 'task-definition'], here),
      command:
        command === undefined || typeof command === 'string'
          ? fill(command, [...path, 'migrations', 'command'], { ...here, ...release })
          : command.map((word, index) =>
              fill(word, [...path, 'migrations', 'command', index], { ...here, ...release }),
            ),
      container: fill(migrations.container, [...path, 'migrations', 'container'], here),
      timeout: migrations.timeout,
    },
    smoke: service.smoke.map((check, index) => resolveCheck(check, [...path, 'smoke', index], everything, fill)),
    strategy:
      strategy &&
      resolveStrategy(strategy, (text, ...inside) =>
        fill(text, [...inEnvironment, 'strategy', service.name, ...inside], here),
      ),
  };
};

/** Resolves one environment and tells every placeholder that has no value, by its place in the file. */
export const resolveAndCollect = (
  pipeline: Pipeline,
  environment: Environment,
  release: Release,
): { readonly resolved: ResolvedEnvironment; readonly findings: readonly Finding[] } => {
  const findings: Finding[] = [];
  const fill: Fill = (text, path, values) =>
    (text === undefined
      ? undefined
      : fillPlaceholders(text, values, (message) => {
          const where = message.startsWith('{url}')
            ? `${message}: the environment "${environment.name}" gives this service no url`
            : message;
          findings.push({ path, message: `${formatPath(path)}: ${where}` });
        })) as typeof text;
  const services = new Map(
    [...pipeline.services.values()].map((service) => [
      service.name,
      resolveService(pipeline, environment, service, release, fill),
    ]),
  );
  const values = { project: pipeline.project, environment: environment.name };
  const { name, region, bakeTime, promoteFrom, freeze } = environment;
  const cluster = fill(environment.cluster, ['environments', name, 'cluster'], values);
  const recordTable = fill(environment.recordTable, ['environments', name, 'record-table'], values);
  const url = [...services.values()].find((service) => service.url !== undefined)?.url;
  return { resolved: { name, region, cluster, url, bakeTime, promoteFrom, recordTable, freeze, services }, findings };
};

/**
 * Returns `environment` of the pipeline with every placeholder resolved for `release`. Throws OpsError when the
 * pipeline has no such environment; a loaded pipeline has no placeholder that cannot be resolved.
 */
export const resolveEnvironment = (pipeline: Pipeline, environment: string, release: Release): ResolvedEnvironment => {
  const found = pipeline.environments.get(environment);
  if (!found) {
    const known = [...pipeline.environments.keys()];
    const near = nearest(environment, known);
    throw new OpsError({
      what: `the pipeline file has no environment "${environment}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
      why: `its environments are ${known.join(', ')}.`,
      next: 'name one of them, or add it to the file.',
    });
  }
  const { resolved, findings } = resolveAndCollect(pipeline, found, release);
  if (findings.length === 0) return resolved;
  throw new OpsError({
    what: `the environment "${environment}" of the pipeline file cannot be resolved.`,
    why: findings.map(({ message }) => message).join('; '),
  });
};
