import { parseRehearseArguments } from '@hospital-ops/rehearsal/command/arguments';
import { createDisplay } from '@hospital-ops/rehearsal/command/display';
import { rehearse } from '@hospital-ops/rehearsal/command/rehearse';
import { tell } from '@hospital-ops/rehearsal/command/tell';
import { ROOT } from './rehearse.ts';

const [suite = '', ...argv] = process.argv.slice(2);
const controller = new AbortController();
process.on('SIGTERM', () => controller.abort());
const display = createDisplay(process.stdout);
const result = await rehearse({
  args: parseRehearseArguments(argv),
  root: ROOT,
  suite,
  display,
  signal: controller.signal,
  databaseUrl: undefined,
});
display.close();
process.stdout.write(tell(result));
process.exitCode = result.rehearsal.conclusion === 'success' && result.findings.length === 0 ? 0 : 1;
