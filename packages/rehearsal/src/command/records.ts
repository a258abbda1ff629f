import type { LocalAws } from '../aws/local-aws.ts';
import type { CallRecord, DeploymentRecord, JobRecord, RecordedDeployment, RemarkRecord } from '../report/model.ts';
import type { WorkflowResult } from '../runner/run-events.ts';
import type { RecordedEnvironment } from '../world/deployments.ts';

/** Returns the jobs of a run as the report tells them. */
export const jobRecords = (result: WorkflowResult): JobRecord[] =>
  result.jobs.map((job) => ({
    name: job.name,
    conclusion: job.conclusion,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
    steps: job.steps.map((step) => ({
      name: step.name,
      conclusion: step.conclusion,
      startedAt: step.startedAt,
      endedAt: step.endedAt,
      lines: step.log.map(({ text }) => text),
      summary: step.summary,
    })),
  }));

const STATES: Readonly<Record<string, DeploymentRecord['state']>> = {
  SUCCESSFUL: 'completed',
  STOPPED: 'replaced',
  ROLLBACK_SUCCESSFUL: 'failed',
  ROLLBACK_FAILED: 'failed',
};

/** Returns the ECS deployments that began after `since`, oldest first. */
export const deploymentRecords = (
  aws: LocalAws,
  since: number,
  versionOf: (taskDefinition: string) => string | undefined,
): DeploymentRecord[] =>
  aws.ecs
    .snapshot()
    .services.flatMap((service) =>
      service.deployments
        .filter(({ startedAt }) => startedAt >= since)
        .map((deployment) => ({
          service: service.name,
          taskDefinition: deployment.target,
          version: versionOf(deployment.target),
          startedAt: deployment.startedAt,
          endedAt: deployment.endedAt ?? Date.now(),
          state: STATES[deployment.status] ?? 'in-progress',
          reason: deployment.statusReason ?? '',
        })),
    )
    .sort((a, b) => a.startedAt - b.startedAt);

/** Returns how often each AWS operation was called, and failed. */
export const callRecords = (aws: LocalAws): CallRecord[] => {
  const counts = new Map<string, { count: number; failed: number }>();
  for (const { service, operation, error, status } of aws.requests()) {
    const key = `${service}:${operation}`;
    const before = counts.get(key) ?? { count: 0, failed: 0 };
    const failed = error !== undefined || status === undefined ? 1 : 0;
    counts.set(key, { count: before.count + 1, failed: before.failed + failed });
  }
  return [...counts].map(([operation, { count, failed }]) => ({ operation, count, failed }));
};

/** Returns what the run's jobs and steps remarked. */
export const remarkRecords = ({ jobs }: WorkflowResult): RemarkRecord[] =>
  jobs.flatMap((job) => [
    ...job.annotations.map(({ level, message }) => ({ level, where: job.name, message })),
    ...job.steps.flatMap((step) =>
      step.annotations.map(({ level, message }) => ({ level, where: `${job.name}, ${step.name}`, message })),
    ),
  ]);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** Returns what stands in the deployment record, as the report tells it. */
export const recordedDeployments = (environments: readonly RecordedEnvironment[]): RecordedDeployment[] =>
  environments.flatMap(({ environment, deployments }) =>
    deployments.map((record) => {
      const [status, outcome] = [textOf(record.status), textOf(record.outcome)];
      return {
        environment,
        version: textOf(record.version),
        ending: outcome === '' || outcome === status ? status : `${status} (${outcome})`,
        services: Object.entries(fieldsOf(record.services))
          // GitHub keeps of each service what was planned, and how the whole ended.
          .map(([name, state]) => [name, textOf(fieldsOf(state).outcome)] as const)
          .map(([name, end]) => (outcome !== '' && end === 'planned' ? name : `${name} ${end}`))
          .join(', '),
        previous: textOf(fieldsOf(record.previous).version),
        json: record,
      };
    }),
  );
