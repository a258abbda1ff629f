import type { ReleaseWorld } from '../release-world.ts';

/**
 * Calls `act` when the call that `matches` reaches the local AWS, before it has its effect. `index` counts all calls from
 * now on. At most once.
 */
export const onCall = (
  { aws: { faults } }: Pick<ReleaseWorld, 'aws'>,
  matches: (call: { readonly operation: string; readonly index: number }) => boolean,
  act: () => void,
): void => {
  const strike = faults.strike.bind(faults);
  let index = 0;
  let done = false;
  faults.strike = (service, operation) => {
    if (!done && matches({ operation, index })) {
      done = true;
      act();
    }
    index += 1;
    return strike(service, operation);
  };
};
