type Port = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/**
 * Returns a port whose implementation is loaded at the first call of one of its methods: most runs never need it, and the
 * client behind it is large. Every method of the port must return a promise; it rejects with what loading rejects with.
 */
export const lazyPort = <T extends { [K in keyof T]: (...args: never[]) => Promise<unknown> }>(
  load: () => Promise<T>,
): T => {
  let loading: Promise<T> | undefined;
  const handler: ProxyHandler<object> = {
    get: (_, name) => {
      // Awaiting the port itself must not look like a call.
      if (name === 'then' || typeof name === 'symbol') return undefined;
      return async (...args: never[]) => {
        loading ??= load();
        const port = (await loading) as unknown as Port;
        const method = port[name];
        if (method === undefined) throw new TypeError(`the port has no method ${name}`);
        return method(...args);
      };
    },
  };
  return new Proxy({}, handler) as T;
};
