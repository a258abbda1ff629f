/** What of a pnpm-lock.yaml decides what is installed, as texts. */
export interface PnpmLock {
  readonly version: string;
  /** The other keys at the top, each with its text. */
  readonly rest: ReadonlyMap<string, string>;
  /** By folder: what it uses, name to reference. */
  readonly importers: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By `name@version`: how it is fetched. */
  readonly packages: ReadonlyMap<string, string>;
  /** By `name@version(peers)`: what it uses, name to reference. */
  readonly snapshots: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** `key:`, `key: value`; a key is quoted, or plain without a blank in it. */
const LINE = /^ *(?:'((?:[^']|'')*)'|([^\s'"#&*!|>%@`{[?,\]}:-][^#\s]*?)):(?: (.*))?$/;
const KINDS = new Set(['dependencies', 'devDependencies', 'optionalDependencies']);

/** Returns the text of a scalar on one line, or undefined for what only a YAML parser should read. */
const scalar = (text: string): string | undefined => {
  if (/^'(?:[^']|'')*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  return /^[^\s'"#&*!|>%@`{[?,\]}-]/.test(text) && !/ #|: |:$/.test(text) ? text : undefined;
};

/** `{integrity: sha512-…, tarball: …}` in the order of its keys; undefined for nested ones. */
export const canonicalMap = (entries: ReadonlyArray<readonly [string, string]>): string =>
  entries
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');

const flowMap = (text: string): string | undefined => {
  const [, inner] = /^\{([^{}[\]]*)\}$/.exec(text) ?? [];
  if (inner === undefined) return undefined;
  const entries: Array<[string, string]> = [];
  for (const pair of inner.split(', ')) {
    const [, key, raw] = /^(\w+): (.+)$/.exec(pair) ?? [];
    const value = raw === undefined ? undefined : scalar(raw);
    if (key === undefined || value === undefined) return undefined;
    entries.push([key, value]);
  }
  return canonicalMap(entries);
};

/**
 * Reads a pnpm-lock.yaml in the one form in which pnpm writes it, a line at a time: a parser of all of YAML takes a second
 * for a large one. Returns undefined when any line that matters has another form.
 */
export const scanPnpmLock = (text: string): PnpmLock | undefined => {
  const rest = new Map<string, string>();
  const importers = new Map<string, Map<string, string>>();
  const packages = new Map<string, string>();
  const snapshots = new Map<string, Map<string, string>>();
  let section = '';
  let entry = '';
  let uses: Map<string, string> | undefined;
  let kind = false;
  let name: string | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    let indent = 0;
    while (line.charCodeAt(indent) === 32) indent += 1;
    const body = section === 'importers' || section === 'packages' || section === 'snapshots';
    if (indent > 2 && (!body || (indent > 4 && !kind))) {
      if (!body) rest.set(section, `${rest.get(section)}\n${line}`);
      continue;
    }
    if (indent === 2 && !body) {
      rest.set(section, `${rest.get(section)}\n${line}`);
      continue;
    }
    if (indent === 4 && section === 'packages') {
      if (!line.startsWith('    resolution:')) continue;
      const resolution = flowMap(line.slice('    resolution: '.length));
      if (resolution === undefined) return undefined;
      packages.set(entry, resolution);
      continue;
    }
    const match = LINE.exec(line);
    if (!match) {
      // What is no map entry may stand below another kind of entry only.
      if (indent > 4 && !kind) continue;
      return undefined;
    }
    const key = match[1]?.replaceAll("''", "'") ?? match[2] ?? '';
    const value = match[3];
    if (indent === 0) {
      section = key;
      kind = false;
      if (rest.has(key)) return undefined;
      if (key !== 'importers' && key !== 'packages' && key !== 'snapshots') rest.set(key, value ?? '');
      else if (value !== undefined) return undefined;
    } else if (indent === 2) {
      if (value !== undefined && value !== '{}') return undefined;
      entry = key;
      kind = false;
      uses = new Map();
      if (section === 'importers') importers.set(key, uses);
      if (section === 'snapshots') snapshots.set(key, uses);
    } else if (indent === 4) {
      kind = KINDS.has(key);
      if (kind && value !== undefined) return undefined;
    } else if (indent === 6 && section === 'snapshots') {
      const reference = value === undefined ? undefined : scalar(value);
      if (reference === undefined) return undefined;
      uses?.set(key, reference);
    } else if (indent === 6) {
      if (value !== undefined) return undefined;
      name = key;
    } else if (indent === 8 && section === 'importers' && name !== undefined) {
      if (key !== 'version') continue;
      const reference = value === undefined ? undefined : scalar(value);
      if (reference === undefined) return undefined;
      uses?.set(name, reference);
    } else return undefined;
  }
  const version = scalar(rest.get('lockfileVersion') ?? '');
  return version === undefined ? undefined : { version, rest, importers, packages, snapshots };
};
