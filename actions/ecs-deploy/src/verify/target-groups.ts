import { AwsError } from '@hospital-ops/action-kit/errors';
import { batches } from '@hospital-ops/aws/batches';
import type { LoadBalancing, TargetGroup } from '@hospital-ops/aws/elbv2/ports';
import type { Examiner } from './findings.ts';
import type { Shared, Subject } from './subjects.ts';
import { gather, textIn } from './subjects.ts';

/** How many target groups are asked for at once (API_DescribeTargetGroups gives them in pages). */
const TOGETHER = 20;

/** What the targets must be: tasks in awsvpc mode have addresses of their own ("Service load balancing"). */
const targetTypeFor = (networkMode: string | undefined): string => (networkMode === 'awsvpc' ? 'ip' : 'instance');

interface Needed {
  readonly arn: string;
  readonly networkMode: string | undefined;
}

const nameOf = (arn: string): string => arn.split('/')[1] ?? arn;

const isMissing = (error: unknown): boolean => error instanceof AwsError && /^TargetGroupNotFound/.test(error.code);

const groupsNeeded = ({ plan, body }: Subject): Needed[] =>
  plan.before.loadBalancers.flatMap(({ targetGroup }) =>
    targetGroup === undefined ? [] : [{ arn: targetGroup, networkMode: textIn(body, 'networkMode') }],
  );

const checkTogether = async (
  needed: ReadonlyArray<Shared<Needed>>,
  loadBalancing: LoadBalancing,
  examiner: Examiner,
): Promise<void> => {
  const arns = [...new Set(needed.map(({ thing }) => thing.arn))];
  let isAnyMissing = false;
  const names = arns.map((arn) => `"${nameOf(arn)}"`).join(', ');
  const seen = await examiner.look(`target group ${names}`, async (): Promise<readonly TargetGroup[]> => {
    try {
      return await loadBalancing.targetGroups(arns);
    } catch (error) {
      isAnyMissing = isMissing(error);
      if (isAnyMissing) return [];
      throw error;
    }
  });
  if (seen === undefined) return;
  if (isAnyMissing && arns.length > 1) {
    // One that does not exist fails the whole call: then each is asked alone.
    const alone = arns.map((arn) => needed.filter(({ thing }) => thing.arn === arn));
    await Promise.all(alone.map((each) => checkTogether(each, loadBalancing, examiner)));
    return;
  }
  for (const { thing, users } of needed) {
    const found = seen.value.find(({ arn }) => arn === thing.arn);
    if (found === undefined) {
      examiner.fail(
        users,
        `target group "${nameOf(thing.arn)}" of the service does not exist: no new task would take traffic; correct the service's load balancer`,
      );
      continue;
    }
    const wanted = targetTypeFor(thing.networkMode);
    if (found.targetType !== undefined && found.targetType !== wanted) {
      examiner.fail(
        users,
        `target group "${found.name}" takes targets of type ${found.targetType}, and network mode ${thing.networkMode ?? 'bridge'} needs ${wanted}; change \`networkMode\`, or the service's target group`,
      );
    }
  }
};

/** Checks that the target groups of the services exist and take the tasks of the new definition. */
export const checkTargetGroups = async (
  subjects: readonly Subject[],
  loadBalancing: LoadBalancing,
  examiner: Examiner,
): Promise<void> => {
  const needed = gather(subjects, groupsNeeded, ({ arn, networkMode = '' }) => `${arn} ${networkMode}`);
  await Promise.all(batches(needed, TOGETHER).map((each) => checkTogether(each, loadBalancing, examiner)));
};
