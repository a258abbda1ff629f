import type { JsonObject } from '@hospital-ops/aws/ecs/ports';
import type { ServicePlan } from '../plan/plan.ts';
import type { Users } from './findings.ts';

/** A service that is about to change, and the definition that it is to run. */
export interface Subject {
  readonly name: string;
  readonly plan: ServicePlan;
  readonly body: JsonObject;
}

export const subjectOf = (plan: ServicePlan): Subject => ({
  name: plan.target.name,
  plan,
  body: plan.wanted.kind === 'existing' ? plan.wanted.definition.body : plan.wanted.body,
});

/** A thing that one service or several need. */
export interface Shared<T> {
  readonly thing: T;
  readonly users: Users;
}

/** Returns each distinct thing once, with those that need it. `key` tells them apart. */
export const gather = <T>(
  subjects: readonly Subject[],
  thingsOf: (subject: Subject) => readonly T[],
  key: (thing: T) => string,
): Array<Shared<T>> => {
  const found = new Map<string, { readonly thing: T; readonly users: Set<string> }>();
  for (const subject of subjects) {
    for (const thing of thingsOf(subject)) {
      const known = found.get(key(thing));
      if (known === undefined) found.set(key(thing), { thing, users: new Set([subject.name]) });
      else known.users.add(subject.name);
    }
  }
  return [...found.values()].map(({ thing, users }) => ({ thing, users: [...users] }));
};

/** Returns a text member of a definition, or undefined when it is absent or empty. */
export const textIn = (body: JsonObject, member: string): string | undefined => {
  const value = body[member];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** True when the tasks run on Fargate, by the definition or by the service. */
export const isFargate = ({ plan, body }: Subject): boolean => {
  const compatibilities = Array.isArray(body.requiresCompatibilities) ? body.requiresCompatibilities : [];
  const { launchType, capacityProviders } = plan.before;
  return (
    compatibilities.includes('FARGATE') ||
    launchType === 'FARGATE' ||
    capacityProviders.some(({ capacityProvider }) => /^FARGATE(_SPOT)?$/.test(capacityProvider))
  );
};
