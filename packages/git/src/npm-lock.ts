import { isMap } from '@hospital-ops/action-kit/is-map';
import type { LockGraph, LockNode } from './lock-graph.ts';

type Json = Readonly<Record<string, unknown>>;

const USES = ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies'] as const;

const INSTALLED = 'node_modules/';

const isImporter = (location: string) => !location.startsWith(INSTALLED) && !location.includes(`/${INSTALLED}`);

const nameAt = (location: string, entry: Json): string => {
  const at = location.lastIndexOf(INSTALLED);
  return typeof entry.name === 'string' ? entry.name : location.slice(at < 0 ? 0 : at + INSTALLED.length);
};

/** Node's own search: in the folder's node_modules, then in that of each folder above. */
const resolve = (packages: Json, from: string, name: string): string | undefined => {
  for (let folder = from; ; ) {
    const location = folder === '' ? `${INSTALLED}${name}` : `${folder}/${INSTALLED}${name}`;
    const entry = packages[location];
    if (isMap(entry)) return entry.link === true && typeof entry.resolved === 'string' ? entry.resolved : location;
    if (folder === '') return undefined;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')));
  }
};

const namesUsed = (entry: Json, importer: boolean): string[] => {
  const kinds = USES.filter((kind) => importer || kind !== 'devDependencies');
  return [...new Set(kinds.flatMap((kind) => (isMap(entry[kind]) ? Object.keys(entry[kind]) : [])))].sort();
};

/** Returns what a package-lock.json of version 2 or 3 resolves; undefined for any other text. */
export const parseNpmLock = (text: string): LockGraph | undefined => {
  let lock: unknown;
  try {
    lock = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
  if (!isMap(lock) || (lock.lockfileVersion !== 2 && lock.lockfileVersion !== 3) || !isMap(lock.packages)) {
    return undefined;
  }
  const { packages } = lock;
  const labelOf = (location: string): string => {
    const entry = packages[location];
    if (!isMap(entry) || isImporter(location)) return location || '.';
    return `${nameAt(location, entry)}@${typeof entry.version === 'string' ? entry.version : '?'}`;
  };
  const nodes = new Map<string, LockNode>();
  const importers = new Map<string, string>();
  for (const [location, entry] of Object.entries(packages)) {
    if (!isMap(entry)) return undefined;
    if (entry.link === true) continue;
    const importer = isImporter(location);
    if (importer) importers.set(location || '.', location);
    const uses = namesUsed(entry, importer).map((name) => [name, resolve(packages, location, name)] as const);
    const content = importer ? [] : [entry.version, entry.resolved, entry.integrity, entry.hasInstallScript];
    nodes.set(location, {
      label: labelOf(location),
      signature: JSON.stringify([content, uses.map(([name, to]) => [name, to === undefined ? null : labelOf(to)])]),
      next: uses.flatMap(([, to]) => to ?? []),
    });
  }
  return { importers, nodes, settings: '' };
};
