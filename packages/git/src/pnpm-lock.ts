import { isMap } from '@hospital-ops/action-kit/is-map';
import { parse } from 'yaml';
import type { LockGraph, LockNode } from './lock-graph.ts';
import type { PnpmLock } from './pnpm-scan.ts';
import { canonicalMap, scanPnpmLock } from './pnpm-scan.ts';

type Json = Readonly<Record<string, unknown>>;

const mapAt = (value: unknown): Json => (isMap(value) ? value : {});

/** What the resolution shows already: a change of it that changes no package changes nothing. */
const SHOWN_ELSEWHERE = new Set(['lockfileVersion', 'overrides', 'catalogs', 'patchedDependencies', 'time']);

const usesOf = (entry: unknown): Map<string, string> => {
  const kinds = [mapAt(entry).dependencies, mapAt(entry).devDependencies, mapAt(entry).optionalDependencies];
  const pairs = kinds.flatMap((kind) => Object.entries(mapAt(kind)));
  return new Map(pairs.map(([name, value]) => [name, String(isMap(value) ? value.version : value)]));
};

const resolutionOf = (entry: unknown): string => {
  const resolution = mapAt(mapAt(entry).resolution);
  const flat = Object.values(resolution).every((value) => typeof value !== 'object');
  if (!flat) return JSON.stringify(resolution);
  return canonicalMap(Object.entries(resolution).map(([key, value]) => [key, String(value)]));
};

const entriesOf = (value: unknown): Array<[string, unknown]> => Object.entries(mapAt(value));

/** The same by a parser of all of YAML. */
const readPnpmLock = (text: string): PnpmLock | undefined => {
  let lock: unknown;
  try {
    lock = parse(text, { maxAliasCount: 100, uniqueKeys: true });
  } catch {
    return undefined;
  }
  if (!isMap(lock)) return undefined;
  const { importers, packages, snapshots, ...rest } = lock;
  return {
    version: String(lock.lockfileVersion),
    rest: new Map(Object.entries(rest).map(([key, value]) => [key, JSON.stringify(value)])),
    importers: new Map(entriesOf(importers).map(([folder, entry]) => [folder, usesOf(entry)])),
    packages: new Map(entriesOf(packages).map(([key, entry]) => [key, resolutionOf(entry)])),
    snapshots: new Map(entriesOf(snapshots).map(([key, entry]) => [key, usesOf(entry)])),
  };
};

const isLink = (reference: string) => reference.startsWith('link:');

/** `name@1.2.3(peer@4.5.6)` is fetched as `name@1.2.3`. */
const withoutPeers = (key: string): string => {
  const at = key.indexOf('(');
  return at < 0 ? key : key.slice(0, at);
};

const toGraph = (lock: PnpmLock): LockGraph => {
  const nodes = new Map<string, LockNode>();
  const keyOf = (name: string, reference: string): string => {
    const own = `${name}@${reference}`;
    // An alias refers to the other package by its whole key.
    return lock.snapshots.has(own) ? own : reference;
  };
  const add = (key: string, label: string, resolution: string, uses: ReadonlyMap<string, string>) => {
    const used = [...uses].filter(([, reference]) => !isLink(reference));
    nodes.set(key, {
      label,
      signature: JSON.stringify([resolution, canonicalMap(used)]),
      next: used.map(([name, reference]) => keyOf(name, reference)),
    });
  };
  for (const [key, uses] of lock.snapshots) {
    const fetched = withoutPeers(key);
    add(key, key, lock.packages.get(fetched) ?? '', uses);
  }
  const importers = new Map<string, string>();
  for (const [folder, uses] of lock.importers) {
    // No package is called like this.
    const key = `importer ${folder}`;
    importers.set(folder, key);
    add(key, folder, '', uses);
  }
  const settings = [...lock.rest].filter(([key]) => !SHOWN_ELSEWHERE.has(key)).sort();
  return { importers, nodes, settings: JSON.stringify(settings) };
};

/**
 * Returns what a pnpm-lock.yaml of version 9 resolves; undefined for any other text. `scan` is for tests: without it the
 * text is read by the YAML parser alone.
 */
export const parsePnpmLock = (text: string, scan = scanPnpmLock): LockGraph | undefined => {
  const normal = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const lock = scan(normal) ?? readPnpmLock(normal);
  return lock && /^9(?:\.|$)/.test(lock.version) ? toGraph(lock) : undefined;
};
