import { trusts } from '@hospital-ops/aws/iam/parse';
import type { Iam } from '@hospital-ops/aws/iam/ports';
import type { Examiner } from './findings.ts';
import type { Subject } from './subjects.ts';
import { gather, textIn } from './subjects.ts';

/** Who assumes both roles of a task ("Task IAM role", ECS developer guide). */
const TASKS = 'ecs-tasks.amazonaws.com';

/** A role is named by ARN, whose last part is its name, or by name alone (API_RegisterTaskDefinition). */
const nameOf = (role: string): string => role.slice(role.lastIndexOf('/') + 1);

/** Checks that execution and task roles exist and that ECS may act as them. */
export const checkRoles = async (subjects: readonly Subject[], iam: Iam, examiner: Examiner): Promise<void> => {
  const roles = gather(
    subjects,
    ({ body }) =>
      (['executionRoleArn', 'taskRoleArn'] as const).flatMap((member) => {
        const role = textIn(body, member);
        return role === undefined ? [] : [{ member, role }];
      }),
    ({ member, role }) => `${member} ${role}`,
  );
  const asked = new Map<string, ReturnType<typeof ask>>();
  const ask = (role: string) => examiner.look(`role "${nameOf(role)}"`, () => iam.role(nameOf(role)));
  await Promise.all(
    roles.map(async ({ thing: { member, role }, users }) => {
      const answer = asked.get(role) ?? ask(role);
      asked.set(role, answer);
      const seen = await answer;
      if (seen === undefined) return;
      if (seen.value === undefined) {
        examiner.fail(
          users,
          `${member} "${role}" does not exist: no task could start; correct the name or create the role`,
        );
      } else if (!trusts(seen.value.trust, TASKS)) {
        examiner.fail(
          users,
          `${member} "${role}" does not let ${TASKS} assume it: no task could start; add that service to its trust policy`,
        );
      }
    }),
  );
};
