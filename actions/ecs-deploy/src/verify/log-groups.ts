import { isMap } from '@hospital-ops/action-kit/is-map';
import { containersOf } from '@hospital-ops/aws/ecs/task-definition';
import type { Logs } from '@hospital-ops/aws/logs/ports';
import type { Examiner } from './findings.ts';
import type { Subject } from './subjects.ts';
import { gather, textIn } from './subjects.ts';

interface LogGroup {
  readonly group: string;
  readonly region: string | undefined;
}

/** Log groups that must be there: the awslogs driver makes one itself only with `awslogs-create-group: true`. */
const logGroupsOf = ({ body }: Subject): LogGroup[] =>
  containersOf(body).flatMap(({ body: { logConfiguration } }) => {
    if (!isMap(logConfiguration) || logConfiguration.logDriver !== 'awslogs') return [];
    const options = isMap(logConfiguration.options) ? logConfiguration.options : {};
    const group = textIn(options, 'awslogs-group');
    if (group === undefined || /^true$/i.test(textIn(options, 'awslogs-create-group') ?? '')) return [];
    return [{ group, region: textIn(options, 'awslogs-region') }];
  });

/** Checks that the log groups of the awslogs driver exist. */
export const checkLogGroups = async (subjects: readonly Subject[], logs: Logs, examiner: Examiner): Promise<void> => {
  const groups = gather(subjects, logGroupsOf, ({ group, region = '' }) => `${region} ${group}`);
  await Promise.all(
    groups.map(async ({ thing: { group, region }, users }) => {
      const seen = await examiner.look(`log group "${group}"`, () => logs.groupExists(region, group));
      if (seen?.value !== false) return;
      examiner.fail(
        users,
        `log group "${group}"${region === undefined ? '' : ` in ${region}`} does not exist: no task could start; create it, or set \`awslogs-create-group\` to "true"`,
      );
    }),
  );
};
