import type { ClientContext } from '../client-options.ts';
import type { Logs } from './ports.ts';

/** Returns the Logs port with its client loaded at the first call: most runs read no log, and the client is large. */
export const createLazyLogs = (context: ClientContext): Logs => {
  let loading: Promise<Logs> | undefined;
  const load = () => {
    loading ??= import('./client.ts').then(({ createLogs }) => createLogs(context));
    return loading;
  };
  return {
    readOn: async (stream, token) => (await load()).readOn(stream, token),
    tail: async (stream, limit) => (await load()).tail(stream, limit),
  };
};
