import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StandIn } from '@hospital-ops/rehearsal/runner/stand-in';
import { createStandIns } from '@hospital-ops/rehearsal/runner/stand-ins/table';
import { stringify } from 'yaml';

const SCRIPT = pathToFileURL(join(import.meta.dirname, 'stand-in-action.ts')).href;

const main = (uses: string, part: 'main' | 'post') =>
  `const { runAsAction } = await import('${SCRIPT}');\nawait runAsAction('${uses}', '${part}');\n`;

const writeStandIn = (folder: string, standIn: StandIn): void => {
  mkdirSync(folder, { recursive: true });
  const post = standIn.post === undefined ? {} : { post: 'post.mjs' };
  const action = {
    name: standIn.uses,
    description: standIn.replaces,
    inputs: standIn.inputs,
    runs: { using: 'node24', main: 'main.mjs', ...post },
  };
  writeFileSync(join(folder, 'action.yml'), stringify(action));
  writeFileSync(join(folder, 'main.mjs'), main(standIn.uses, 'main'));
  if (standIn.post) writeFileSync(join(folder, 'post.mjs'), main(standIn.uses, 'post'));
};

/** Every `owner/name/path@ref` that the workflows below `folder` use, without `own`'s. */
const usedIn = (folder: string, own: string): Set<string> => {
  const workflows = join(folder, '.github', 'workflows');
  const texts = readdirSync(workflows).map((file) => readFileSync(join(workflows, file), 'utf8'));
  const all = texts.flatMap((text) => [...text.matchAll(/\buses: ["']?([\w.-]+\/[\w./-]+@[\w.-]+)/g)]);
  return new Set(all.map(([, uses = '']) => uses).filter((uses) => !uses.startsWith(`${own}/`)));
};

/**
 * Writes the rehearsal's stand-ins below `temp` as actions that any runner can run. Returns where each
 * `owner/name@ref` of the workflows below `folder` lies, one without a stand-in left out.
 */
export const writeThirdParty = (folder: string, own: string, temp: string): Map<string, string> => {
  const places = new Map<string, string>();
  for (const uses of usedIn(folder, own)) {
    const [, repository = '', path = '', ref = ''] = /^([^/]+\/[^/@]+)\/?([^@]*)@(.+)$/.exec(uses) ?? [];
    const standIn = createStandIns().find((one) => one.uses === [repository, path].filter(Boolean).join('/'));
    if (standIn === undefined) continue;
    const root = join(temp, 'third-party', repository.replace('/', '-'));
    writeStandIn(join(root, path), standIn);
    places.set(`${repository}@${ref}`, root);
  }
  return places;
};
