import type { ResolvedEnvironment } from '@hospital-ops/pipeline/model';
import type { CallAws } from './call-aws.ts';
import { lastWords } from './last-words.ts';

interface Watched {
  readonly call: CallAws;
  readonly environment: ResolvedEnvironment;
  readonly sleep: (ms: number) => Promise<void>;
}

interface LateService {
  readonly serviceName: string;
  readonly runningCount: number;
  readonly desiredCount: number;
  readonly deployments: ReadonlyArray<{ readonly rolloutState: string }>;
  readonly events?: ReadonlyArray<{ readonly message: string }>;
}

/** Says which of `late` do not run, in whose own words, and what to do. */
const notSteady = async ({ call, environment }: Watched, late: readonly LateService[]): Promise<Error> => {
  const failed = late.filter(({ deployments: [d] }) => d?.rolloutState === 'FAILED');
  const told: string[] = [];
  for (const { serviceName, events } of failed.length > 0 ? failed : late) {
    const service = [...environment.services.values()].find((one) => one.service === serviceName);
    const words = service === undefined ? [] : await lastWords(call, environment, service);
    told.push(
      ...[`${serviceName}: ${events?.[0]?.message ?? 'no event'}`, ...words.map((line) => `  ${line}`)].map(
        (line) => `  ${line}`,
      ),
    );
  }
  return new Error(
    `the services do not run at the version before the release.\n${told.join('\n')}\nNext: make them run at that commit, or begin with a later one. Without --engine docker a service with a url must be one that listens on PORT, and what a RUN would install is not in its image.`,
  );
};

/** Waits for every service of the environment. Throws an Error with what the tasks said when one does not come up. */
export const awaitSteady = async (options: Watched, patienceMs: number): Promise<void> => {
  const { call, environment, sleep } = options;
  const names = [...environment.services.values()].map(({ service }) => service);
  let late: readonly LateService[] = [];
  for (let waited = 0; waited < patienceMs; waited += 100) {
    const { services } = (await call('ecs', 'DescribeServices', { cluster: environment.cluster, services: names })) as {
      services: readonly LateService[];
    };
    late = services.filter(
      ({ deployments: [d], runningCount, desiredCount }) =>
        d?.rolloutState !== 'COMPLETED' || runningCount < desiredCount,
    );
    if (services.length === names.length && late.length === 0) return;
    if (late.some(({ deployments: [d] }) => d?.rolloutState === 'FAILED')) break;
    await sleep(100);
  }
  throw await notSteady(options, late);
};
