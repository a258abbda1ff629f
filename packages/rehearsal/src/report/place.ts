import { access, constants, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * Makes `folder` and returns the path of the report in it. Throws where no report could be written: for a rehearsal
 * that has not begun, since its results would be lost with it.
 */
export const placeReport = async (folder: string): Promise<string> => {
  const path = resolve(folder);
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the report cannot be written to "${folder}": ${why}. Next: --report DIR of another folder.`);
  }
  return join(path, 'report.html');
};
