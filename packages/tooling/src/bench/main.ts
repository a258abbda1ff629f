import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../paths.ts';

/** Benchmarks beside the one of every action's start. They play against stand-ins, so they live with the tests. */
const MORE = ['ecs', 'detect', 'gates', 'notify', 'image'];

const [which = 'start'] = process.argv.slice(2);
if (which === 'start') await import('./cold-start.ts');
else if (MORE.includes(which)) await import(pathToFileURL(join(ROOT, 'test', 'bench', `${which}.ts`)).href);
else {
  process.stderr.write(
    `bench: there is no benchmark "${which}".\nNext: npm run bench -- start, or ${MORE.join(', ')}\n`,
  );
  process.exitCode = 2;
}
