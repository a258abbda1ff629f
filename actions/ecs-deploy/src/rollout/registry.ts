import { CancelledError } from '@hospital-ops/action-kit/errors';
import { registerOnce } from '@hospital-ops/aws/ecs/once';
import type { TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { isOver } from '@hospital-ops/aws/pacer';
import type { Deps } from '../deps.ts';
import type { Release } from './roll-out.ts';

/**
 * Services that share a definition share its registration. Different definitions of one family are registered one after
 * another: after a lost response the newest revision of the family tells whether it was registered.
 */
export const createRegistry = (deps: Deps): Release['register'] => {
  const known = new Map<string, Promise<TaskDefinition>>();
  const families = new Map<unknown, Promise<unknown>>();
  return (body, signal) => {
    const key = JSON.stringify(body);
    const registered =
      known.get(key) ??
      Promise.resolve(families.get(body.family)).then(() => {
        if (isOver(deps.clock, signal)) throw new CancelledError();
        return registerOnce(deps, body, signal);
      });
    known.set(key, registered);
    families.set(
      body.family,
      registered.catch(() => undefined),
    );
    return registered;
  };
};
