import { runBuild } from './build-command.ts';
import { parseBuildOptions } from './build-options.ts';
import { complaintOf } from './complaint.ts';
import { MACHINE } from './machine.ts';

/**
 * Does what the stand-in does for `docker buildx build`, without a process of its own. Rejects with an Error whose `stderr`
 * is what the command would have written there.
 */
export const packImageFor = async (words: readonly string[], dockerConfig: string): Promise<void> => {
  let stderr = '';
  const write = (text: string) => {
    stderr += text;
  };
  try {
    const options = parseBuildOptions(words.slice(['buildx', 'build'].length), {}, MACHINE);
    await runBuild(options, { dockerConfig, imagesFolder: dockerConfig, write });
  } catch (error) {
    const complaint = complaintOf(error, true);
    throw Object.assign(new Error(complaint), { stderr: `${stderr}${complaint}\n` });
  }
};
