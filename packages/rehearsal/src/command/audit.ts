import type { RecordedEnvironment } from '../world/deployments.ts';

/**
 * What the rehearsal saw by itself, without asking the suite: ground truth to hold the workflow's claims against.
 * A workflow that says "success" while the world says otherwise is the fault that the suite exists to end.
 */
export interface Facts {
  /** What each service of the released environment runs, and what the released commit holds. */
  readonly services: readonly ServiceFacts[];
  readonly migrations: readonly MigrationFacts[];
  /** Smoke checks of the pipeline file whose URL was answered by the released version after its deployment ended. */
  readonly checks: readonly CheckFacts[];
}

export interface ServiceFacts {
  readonly name: string;
  /** Fingerprint of the files in the image that serves; undefined when nothing does, or two revisions do. */
  readonly serving: string | undefined;
  /** Two revisions take traffic side by side. */
  readonly shared: boolean;
  /** A deployment of it waits at a hook to be continued. */
  readonly paused: boolean;
  /** Fingerprint of the files in the image that the rehearsal built from the released commit. */
  readonly released: string;
  /** Fingerprint of what served before; undefined for a first release. */
  readonly before: string | undefined;
  /** What the serving task definition's version variable says. */
  readonly version: string | undefined;
  readonly running: number;
  readonly desired: number;
}

export interface MigrationFacts {
  readonly service: string;
  /** Whether the migration's own image changed, so that it had to run. */
  readonly due: boolean;
  /** A task with the released image ended with exit code 0 before the service's deployment began. */
  readonly succeeded: boolean;
}

export interface CheckFacts {
  readonly service: string;
  readonly url: string;
  /** True when a request to it was answered below 400 by a task of the released image after the deployment ended. */
  readonly answered: boolean;
}

const changed = (service: ServiceFacts): boolean => service.released !== service.before;

/** Returns what a successful workflow claims and the world denies; empty when they agree. */
export const auditSuccess = (facts: Facts, version: string): string[] => {
  const findings: string[] = [];
  for (const service of facts.services) {
    const { name } = service;
    if (service.shared) {
      findings.push(`the traffic of service "${name}" is still shared by two revisions.`);
    } else if (service.serving === undefined || service.running < service.desired) {
      findings.push(`service "${name}" does not run as it should: ${service.running} of ${service.desired} tasks.`);
    } else if (service.serving !== service.released) {
      findings.push(`service "${name}" does not run the released commit's image.`);
    } else if (changed(service) && service.version !== undefined && service.version !== version) {
      findings.push(`service "${name}" says that it is version ${service.version}, not ${version}.`);
    }
  }
  for (const { service, due, succeeded } of facts.migrations) {
    if (due && !succeeded) {
      findings.push(`no migration with the new image of "${service}" succeeded before its deployment began.`);
    }
  }
  const moved = new Set(facts.services.filter(changed).map(({ name }) => name));
  for (const { service, url, answered } of facts.checks) {
    if (moved.has(service) && !answered) {
      findings.push(`the smoke check ${url} was never answered by the released version of "${service}".`);
    }
  }
  return findings;
};

/** Returns what a workflow claims that waits to be continued, and the world denies. */
export const auditPause = ({ services }: Facts): string[] => [
  ...(services.some(({ paused }) => paused) ? [] : ['nothing waits to be continued.']),
  ...services
    .filter(({ serving, running, desired }) => serving === undefined || running < desired)
    .map(
      ({ name, running, desired }) => `service "${name}" does not run as it should: ${running} of ${desired} tasks.`,
    ),
];

/** Returns what a failed release left worse than it was; empty when every service runs what it ran before. */
export const auditFailure = (facts: Facts): string[] =>
  facts.services.flatMap((service) => {
    if (service.before === undefined) return [];
    if (service.serving !== service.before) {
      return [`service "${service.name}" does not run what it ran before the failed release.`];
    }
    return service.running < service.desired
      ? [`service "${service.name}" runs ${service.running} of ${service.desired} tasks after the failed release.`]
      : [];
  });

/** Returns what the deployment record says of a release that has ended, and is not so. */
export const auditRecords = (environments: readonly RecordedEnvironment[], succeeded: boolean): string[] =>
  environments.flatMap(({ environment, deployments, held }) => {
    const open = deployments.filter(({ status }) => status === 'in-progress');
    const [last] = deployments;
    const saysSuccess = ['success', 'paused'].includes(String(last?.status));
    return [
      ...(held ? [`the environment "${environment}" is still held.`] : []),
      ...open.map(({ version }) => `the record of ${version} to "${environment}" is still open.`),
      ...(last !== undefined && open.length === 0 && saysSuccess !== succeeded
        ? [`the record says that ${last.version} to "${environment}" ended as ${last.status}.`]
        : []),
    ];
  });

/** Operations of AWS that change nothing. */
const READS = /:(?:Describe|Get|List|Query|Scan|Batch(?:Get|Check)|Head|AssumeRole)/;

/** Returns what a dry run changed all the same; `calls` are `service:Operation` since it began. */
export const auditDryRun = (
  calls: readonly string[],
  environments: readonly RecordedEnvironment[],
  messages: number,
): string[] => [
  ...new Set(calls.filter((call) => !READS.test(call)).map((call) => `the dry run called ${call}.`)),
  ...environments.flatMap(({ environment, deployments, held }) => [
    ...(held ? [`the environment "${environment}" is still held.`] : []),
    ...deployments.map(({ version }) => `the dry run recorded ${version} to "${environment}".`),
  ]),
  ...(messages > 0 ? ['the dry run told it to a chat.'] : []),
];
