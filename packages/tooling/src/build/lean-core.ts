import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const missing = (what: string) =>
  `throw new Error('${what} of @actions/core is left out of this bundle (docs/adr/0009)')`;

/** Modules of `@actions/core` that no action of the suite calls, and what is left of them. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'oidc-utils.js': `export class OidcClient { static getIDToken() { ${missing('getIDToken')}; } }\n`,
  'summary.js': `const handler = { get() { ${missing('summary')}; } };
export const summary = new Proxy({}, handler);
export const markdownSummary = summary;\n`,
  'platform.js': `export const getDetails = () => { ${missing('platform')}; };\n`,
};

/** Loading node:crypto takes longer than all else of the package; only a state that is saved needs it. */
const CRYPTO = "import * as crypto from 'crypto';";
const LATE_CRYPTO = 'const crypto = { randomUUID: () => globalThis.crypto.randomUUID() };';

/**
 * Gives the bundle a copy of `@actions/core` without what every action would load at its start and none calls: an OIDC
 * client that pulls in undici, a way to run commands, a second summary (docs/adr/0009).
 */
export const leanCore = async (root: string, modules: string): Promise<void> => {
  const copy = join(modules, '@actions', 'core');
  await cp(join(root, 'node_modules/@actions/core'), copy, { recursive: true });
  for (const [file, source] of Object.entries(LEFT_OUT)) await writeFile(join(copy, 'lib', file), source);
  const commands = join(copy, 'lib', 'file-command.js');
  const source = await readFile(commands, 'utf8');
  if (!source.includes(CRYPTO))
    throw new Error(`${commands} has changed: docs/adr/0009 says what the build does to it`);
  await writeFile(commands, source.replace(CRYPTO, LATE_CRYPTO));
};
