import { AwsError } from '@hospital-ops/action-kit/errors';
import type { AwsClock } from '@hospital-ops/aws/aws-clock';
import type { CloudWatch, MetricReading } from '@hospital-ops/aws/cloudwatch/ports';
import { awsErrorKind } from '@hospital-ops/aws/errors';
import type { Examiner } from './findings.ts';
import type { Subject } from './subjects.ts';
import { gather } from './subjects.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

interface Asked {
  readonly gate: string;
  readonly expression: string;
}

const askedBy = ({ plan }: Subject): Asked[] =>
  plan.target.strategy.gates.metrics.flatMap(({ name, expression, minimumTraffic }) => [
    { gate: name, expression },
    ...(minimumTraffic === undefined ? [] : [{ gate: name, expression: minimumTraffic.expression }]),
  ]);

/** Asks for one expression alone: GetMetricData refuses a call as a whole when one of its expressions is none. */
const readOne = async (
  cloudWatch: CloudWatch,
  expression: string,
  now: number,
): Promise<MetricReading | { readonly kind: 'refused'; readonly why: string }> => {
  const to = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  try {
    const window = { from: to - HOUR_MS, to, periodSeconds: 60 };
    return (await cloudWatch.evaluate([{ id: 'm0', expression }], window)).get('m0') ?? { kind: 'no-data' };
  } catch (error) {
    if (!(error instanceof AwsError) || awsErrorKind(error) !== 'final') throw error;
    return { kind: 'refused', why: error.why ?? error.code };
  }
};

/**
 * Checks that CloudWatch takes the expressions of the gates and makes one series of each. That there is no data yet is no
 * failure: a canary that takes no traffic has none.
 */
export const checkMetrics = async (
  subjects: readonly Subject[],
  { cloudWatch, awsClock }: { readonly cloudWatch: CloudWatch; readonly awsClock: AwsClock },
  examiner: Examiner,
): Promise<void> => {
  const asked = gather(subjects, askedBy, ({ gate, expression }) => JSON.stringify([gate, expression]));
  await Promise.all(
    asked.map(async ({ thing: { gate, expression }, users }) => {
      const seen = await examiner.look(`gate "${gate}"`, () => readOne(cloudWatch, expression, awsClock.now()));
      if (seen?.value.kind === 'refused')
        examiner.fail(users, `gate "${gate}": CloudWatch does not take its expression: ${seen.value.why}`);
      if (seen?.value.kind === 'incomplete') examiner.warn(users, `gate "${gate}": ${seen.value.reason}`);
    }),
  );
};
