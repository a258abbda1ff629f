import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const STUB = `const missing = () => {
  throw new Error('getIDToken of @actions/core is left out of this bundle');
};
export class HttpClient { constructor() { missing(); } }
export class BearerCredentialHandler { constructor() { missing(); } }
`;

/**
 * Gives the bundle a copy of `@actions/core` without its OIDC client. That client alone pulls in undici: 770 KiB of code
 * that every action would load at its start, and that no action of the suite calls (docs/adr/0009).
 */
export const leanCore = async (root: string, modules: string): Promise<void> => {
  const scope = join(modules, '@actions');
  await cp(join(root, 'node_modules/@actions/core'), join(scope, 'core'), { recursive: true });
  await mkdir(join(scope, 'http-client'));
  await writeFile(join(scope, 'http-client', 'index.js'), STUB);
  await writeFile(
    join(scope, 'http-client', 'package.json'),
    JSON.stringify({
      name: '@actions/http-client',
      type: 'module',
      exports: { '.': './index.js', './lib/auth': './index.js' },
    }),
  );
};
