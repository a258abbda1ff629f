import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SCOPES = ['@aws-sdk', '@smithy'];

/** Conditions that lead a bundler for Node to the CommonJS form, which cannot be shaken. */
const COMMONJS = new Set(['node', 'require']);

const withoutCommonJs = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([condition]) => !COMMONJS.has(condition))
          .map(([key, inner]) => [key, withoutCommonJs(inner)]),
      )
    : value;

interface Manifest {
  readonly main?: string;
  readonly module?: string;
  readonly exports?: unknown;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/**
 * Gives the bundle copies of the AWS SDK's packages that lead to their ES modules, of which only what is used gets in:
 * ncc takes the CommonJS form, where all is kept, and its size is an action's start-up time (docs/adr/0009).
 */
export const sdkModules = async (root: string, modules: string): Promise<void> => {
  const { devDependencies } = await readManifest(root);
  for (const scope of SCOPES) {
    for (const name of await readdir(join(root, 'node_modules', scope))) {
      if (Object.hasOwn(devDependencies ?? {}, `${scope}/${name}`)) continue;
      const from = join(root, 'node_modules', scope, name);
      const to = join(modules, scope, name);
      await cp(from, to, { recursive: true, filter: (path) => !/[\\/]dist-(cjs|types)([\\/]|$)/.test(path) });
      const manifest = await readManifest(from);
      const lean = { ...manifest, main: manifest.module ?? manifest.main, exports: withoutCommonJs(manifest.exports) };
      await writeFile(join(to, 'package.json'), JSON.stringify(lean, null, 2));
    }
  }
};
