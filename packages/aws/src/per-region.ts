/** What a client is made with besides its other options: nothing leaves the region to the default chain. */
export type RegionOption = { readonly region?: string };

/** Returns a function that gives the client of a region, made when it is first asked for. */
export const perRegion = <C>(create: (region: RegionOption) => C): ((region: string | undefined) => C) => {
  const clients = new Map<string | undefined, C>();
  return (region) => {
    const known = clients.get(region);
    if (known !== undefined) return known;
    const client = create(region === undefined ? {} : { region });
    clients.set(region, client);
    return client;
  };
};
