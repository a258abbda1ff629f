import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Returns the absolute path of a program in the folders of `path` (and `more` after them), undefined without one. */
export const findProgram = (program: string, path: string, more: readonly string[] = []): string | undefined =>
  [...path.split(delimiter), ...more].map((folder) => join(folder, program)).find(isProgram);
