import type { DeploymentRecord, ServiceState } from './record.ts';
import type { RecordReader } from './store.ts';

/** How far back a look goes; what lies behind has nothing in common with a release of today. */
const PAGE = 25;
const PAGES = 8;

/**
 * Returns the newest deployment that succeeded and whose commit `accepts` takes, or undefined when the last 200 hold
 * none. Its `services` are all of the environment, so each has the digest that ran there at that commit. For "at this
 * commit or an ancestor" let `accepts` ask git; each commit is asked about once.
 */
export const lastSuccess = async (
  records: RecordReader,
  accepts: (sha: string) => Promise<boolean>,
): Promise<DeploymentRecord | undefined> => {
  const refused = new Set<string>();
  let before: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const found = await records.list(PAGE, before);
    for (const record of found) {
      if (record.status !== 'success' || refused.has(record.sha)) continue;
      if (await accepts(record.sha)) return record;
      refused.add(record.sha);
    }
    before = found.at(-1)?.id;
    if (found.length < PAGE || before === undefined) return undefined;
  }
  return undefined;
};

/** Returns the services of a record that have an image by digest: what may be promoted from there. */
export const provedImages = (
  record: DeploymentRecord,
): ReadonlyMap<string, ServiceState & { readonly digest: string }> =>
  new Map(
    Object.entries(record.services).flatMap(([name, state]) =>
      state.digest === undefined ? [] : [[name, { ...state, digest: state.digest }] as const],
    ),
  );
