import { AwsError, asOpsError } from '@hospital-ops/action-kit/errors';
import type { Limit } from '@hospital-ops/action-kit/limit';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { awsErrorKind } from '@hospital-ops/aws/errors';

/** What verifying found. A failure is certain; what could not be looked at is a warning. */
export interface Findings {
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
}

/** Names of the services that share a thing. */
export type Users = readonly string[];

/** An answer; undefined from `look` when there was none. */
export interface Seen<T> {
  readonly value: T;
}

export interface Examiner {
  fail(users: Users, what: string): void;
  warn(users: Users, what: string): void;
  /** Makes one look. That it may not be made or does not succeed is noted; lost credentials are thrown. */
  look<T>(thing: string, ask: () => Promise<T>): Promise<Seen<T> | undefined>;
  findings(): Findings;
}

const NAMED = 3;

const listed = (things: readonly string[]): string => {
  const rest = things.length - NAMED;
  const named = things.slice(0, NAMED).join(', ');
  return rest > 0 ? `${named} and ${rest} more` : named;
};

const whose = (users: Users): string => {
  const names = users.map((name) => `"${name}"`);
  return `${names.length === 1 ? 'service' : 'services'} ${listed(names)}`;
};

/** Returns what collects findings; looks are made as `limit` lets them. */
export const createExaminer = (limit: Limit): Examiner => {
  const failures = new Set<string>();
  const warnings = new Set<string>();
  const denied = new Map<string, string[]>();
  return {
    fail: (users, what) => void failures.add(neutralizeToLine(`${whose(users)}: ${what}`, 1_000)),
    warn: (users, what) => void warnings.add(neutralizeToLine(`${whose(users)}: ${what}`, 1_000)),
    look: async (thing, ask) => {
      try {
        return { value: await limit(ask) };
      } catch (error) {
        const kind = awsErrorKind(error);
        if (!(error instanceof AwsError) || kind === 'credentials') throw error;
        if (kind === 'denied') {
          const action = error.missingAction ?? error.operation;
          denied.set(action, [...(denied.get(action) ?? []), thing]);
        } else {
          const { what, why } = asOpsError(error);
          warnings.add(neutralizeToLine(`${thing} was not checked: ${what}${why === undefined ? '' : ` ${why}`}`, 600));
        }
        return undefined;
      }
    },
    findings: () => ({
      failures: [...failures].sort(),
      warnings: [
        ...warnings,
        ...[...denied].map(
          ([action, things]) =>
            `${listed([...new Set(things)])} could not be checked: allow \`${action}\` to the role of this job, or set \`verify: false\`.`,
        ),
      ].sort(),
    }),
  };
};
