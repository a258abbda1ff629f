import type { ResolvedService } from '@hospital-ops/pipeline/model';
import type { Balancer, Place } from './balancing.ts';

/** What follows the last colon of an ARN, as CloudWatch's dimensions have it. */
const dimension = (arn: string): string => (arn.split(':').at(-1) ?? arn).replace(/^loadbalancer\//, '');

/**
 * Creates the alarms that strategies name, where they are not there yet: each fires when a target of a service that names
 * it answers 5xx, as the alarm of a careful team does.
 */
export const createAlarms = async (
  { call, loadBalancer }: Balancer,
  placed: ReadonlyArray<readonly [ResolvedService, Place | undefined]>,
): Promise<void> => {
  const groups = new Map<string, string[]>();
  for (const [{ strategy }, place] of placed) {
    const own = [place?.targetGroup, place?.second].filter((arn) => arn !== undefined);
    for (const name of strategy?.gateAlarms ?? []) groups.set(name, [...(groups.get(name) ?? []), ...own]);
  }
  for (const [name, arns] of groups) {
    const metrics = arns.map((arn, index) => ({
      Id: `m${index}`,
      ReturnData: false,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/ApplicationELB',
          MetricName: 'HTTPCode_Target_5XX_Count',
          Dimensions: [
            { Name: 'LoadBalancer', Value: dimension(loadBalancer) },
            { Name: 'TargetGroup', Value: dimension(arn) },
          ],
        },
        Period: 60,
        Stat: 'Sum',
      },
    }));
    await call('cloudwatch', 'PutMetricAlarm', {
      AlarmName: name,
      AlarmDescription: 'Made by the rehearsal: some target answers 5xx.',
      Metrics: [
        ...metrics,
        {
          Id: 'all',
          Expression: metrics.map(({ Id }) => `FILL(${Id}, 0)`).join(' + ') || 'TIME_SERIES(0)',
          ReturnData: true,
        },
      ],
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  }
};
