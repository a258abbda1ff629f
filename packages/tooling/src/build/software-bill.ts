import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SBOM = 'sbom --sbom-format cyclonedx --omit dev --omit optional --package-lock-only'.split(' ');

/**
 * Returns the CycloneDX bill of the packages that the bundles hold, made by npm from the lock file. Serial number,
 * time and tool are left out, so that the same sources give the same bytes.
 */
export const softwareBill = async (root: string): Promise<string> => {
  // It makes the folder of its cache even where it needs none: in the home folder of whoever has no npm.
  const quiet = ['--cache', join(root, 'node_modules/.cache/npm'), '--logs-max', '0', '--no-update-notifier'];
  const { stdout } = await run('npm', [...SBOM, ...quiet], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const bill = JSON.parse(stdout) as {
    serialNumber?: string;
    metadata?: { timestamp?: string; tools?: unknown; component?: { name: string } };
  };
  delete bill.serialNumber;
  delete bill.metadata?.timestamp;
  delete bill.metadata?.tools;
  // npm names the project after its folder, which is another one on every machine.
  if (bill.metadata?.component) bill.metadata.component.name = 'hospital-ops-actions';
  return `${JSON.stringify(bill, null, 2)}\n`;
};
