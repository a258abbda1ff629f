import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../paths.ts';

/** Benchmarks beside the one of every action's start. They play against stand-ins, so they live with the tests. */
const MORE = new Set(['ecs', 'detect', 'gates', 'notify', 'image']);

const [which] = process.argv.slice(2);
if (which === undefined) await import('./cold-start.ts');
else if (MORE.has(which)) await import(pathToFileURL(join(ROOT, 'test', 'bench', `${which}.ts`)).href);
else throw new Error(`there is no benchmark "${which}"; there are: ${[...MORE].join(', ')}, and none for the start`);
