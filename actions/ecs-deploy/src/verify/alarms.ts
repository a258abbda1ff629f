import { batches } from '@hospital-ops/aws/batches';
import type { CloudWatch } from '@hospital-ops/aws/cloudwatch/ports';
import type { Examiner } from './findings.ts';
import type { Subject } from './subjects.ts';
import { gather } from './subjects.ts';

/** How many names DescribeAlarms takes at once (API_DescribeAlarms). */
const TOGETHER = 100;

interface Watched {
  readonly name: string;
  /** `gate`: of this action; `service`: of the service's deployment configuration. */
  readonly by: 'gate' | 'service';
}

const watchedBy = ({ plan }: Subject): Watched[] => [
  ...plan.target.strategy.gates.alarms.map((name) => ({ name, by: 'gate' as const })),
  ...plan.before.deploymentAlarms.map((name) => ({ name, by: 'service' as const })),
];

const MISSING = {
  gate: 'correct the name in `gate-alarms`, or create it',
  service: "correct the alarms of the service's deployment configuration",
};
/** An alarm that fires when a deployment begins is not watched by ECS ("CloudWatch alarms and deployment failure"). */
const FIRING = {
  gate: 'the release would be taken back at once',
  service: 'ECS would not watch it during this deployment',
};

/** Checks that the alarms that are to guard the release exist and do not fire already. */
export const checkAlarms = async (
  subjects: readonly Subject[],
  cloudWatch: CloudWatch,
  examiner: Examiner,
): Promise<void> => {
  const watched = gather(subjects, watchedBy, ({ name, by }) => `${by} ${name}`);
  await Promise.all(
    batches(watched, TOGETHER).map(async (group) => {
      const names = [...new Set(group.map(({ thing }) => thing.name))];
      const seen = await examiner.look(`alarm ${names.map((name) => `"${name}"`).join(', ')}`, () =>
        cloudWatch.alarms(names),
      );
      if (seen === undefined) return;
      for (const { thing, users } of group) {
        const alarm = seen.value.get(thing.name);
        if (alarm === undefined) examiner.fail(users, `alarm "${thing.name}" does not exist; ${MISSING[thing.by]}`);
        else if (alarm.state === 'ALARM') {
          const why = alarm.reason === '' ? '' : ` (${alarm.reason})`;
          examiner.fail(
            users,
            `alarm "${thing.name}" fires already${why}: ${FIRING[thing.by]}; wait until it is OK, or deploy with \`verify: false\``,
          );
        } else if (thing.by === 'gate' && alarm.state === 'INSUFFICIENT_DATA' && alarm.missingData !== 'notBreaching') {
          examiner.warn(
            users,
            `alarm "${thing.name}" has no data now, and without data the gate does not open; let it treat missing data as notBreaching if silence is a good sign`,
          );
        }
      }
    }),
  );
};
