import { readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { BuildError } from './build-error.ts';
import type { BuildOptions } from './build-options.ts';
import { readContext } from './context.ts';
import { authorizationFor } from './credentials.ts';
import type { Instruction } from './dockerfile.ts';
import { parseDockerfile } from './dockerfile.ts';
import type { BuiltImage } from './image.ts';
import { mediaTypes, packImage } from './image.ts';
import { saveImage } from './local-images.ts';
import { playDockerfile } from './play.ts';
import type { Progress } from './progress.ts';
import { createProgress } from './progress.ts';
import { pushImage } from './push.ts';
import type { Reference } from './reference.ts';

export interface BuildSurroundings {
  /** Where `docker login` kept its credentials. */
  readonly dockerConfig: string;
  /** Where built images are kept for `docker push`. */
  readonly imagesFolder: string;
  readonly write: (text: string) => void;
}

const readDockerfile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new BuildError(`failed to read dockerfile: open ${path}: no such file or directory`);
  }
};

/** The excerpt that BuildKit prints below a failed step. */
const excerpt = (path: string, text: string, { line, lastLine }: Instruction): string => {
  const rows = text.split(/\r?\n/).flatMap((content, index) => {
    const number = index + 1;
    if (number < line - 2 || number > lastLine + 2) return [];
    const mark = number >= line && number <= lastLine ? '>>>' : '   ';
    return [`${String(number).padStart(4)} | ${mark} ${content}`.trimEnd()];
  });
  return [`${path}:${line}`, '-'.repeat(20), ...rows, '-'.repeat(20)].join('\n');
};

const play = (options: BuildOptions, path: string, progress: Progress) => {
  const text = progress.step(`[internal] load build definition from ${relative(options.context, path) || path}`, () =>
    readDockerfile(path),
  );
  const instructions = parseDockerfile(text);
  const context = progress.step('[internal] load build context', () => readContext(options.context, path));
  let current: { instruction: Instruction; title: string } | undefined;
  try {
    return playDockerfile({
      instructions,
      context,
      buildArgs: options.buildArgs,
      target: options.target,
      platform: options.platform,
      warn: progress.remark,
      step: (instruction, stage) => {
        const title = `[${stage}] ${instruction.text}`;
        current = { instruction, title };
        const done = progress.start(title);
        return (remark) => done(remark);
      },
    });
  } catch (error) {
    if (current) progress.remark(`------\n > ${current.title}:\n------\n${excerpt(path, text, current.instruction)}`);
    throw error;
  }
};

const nameOf = ({ registry, repository, tag }: Reference): string => `${registry}/${repository}:${tag ?? 'latest'}`;

const writeResults = (options: BuildOptions, image: BuiltImage): void => {
  if (options.idFile !== undefined) writeFileSync(options.idFile, image.configDigest);
  if (options.metadataFile === undefined) return;
  const metadata = {
    'containerimage.config.digest': image.configDigest,
    'containerimage.descriptor': {
      mediaType: mediaTypes.manifest,
      digest: image.digest,
      size: image.manifest.length,
    },
    'containerimage.digest': image.digest,
    'image.name': options.tags.map(nameOf).join(','),
  };
  writeFileSync(options.metadataFile, `${JSON.stringify(metadata, null, 2)}\n`);
};

/** `docker buildx build`: packs the Dockerfile's files as an image and pushes or keeps it. Executes no RUN. */
export const runBuild = async (options: BuildOptions, { dockerConfig, imagesFolder, write }: BuildSurroundings) => {
  const progress = createProgress(write);
  progress.remark('#0 stand-in builder: packs the files that the Dockerfile names and executes no RUN');
  for (const remark of options.remarks) progress.remark(`#0 ${remark}`);
  const { dockerfile = join(options.context, 'Dockerfile') } = options;
  const stage = play(options, isAbsolute(dockerfile) ? dockerfile : join(process.cwd(), dockerfile), progress);
  const finish = progress.start('exporting to image');
  const image = await packImage(stage, options.platform, options.labels);
  finish(`exporting manifest ${image.digest}\nexporting config ${image.configDigest}`);
  const references = options.tags.map((reference) => ({ ...reference, tag: reference.tag ?? 'latest' }));
  if (options.load) for (const reference of references) saveImage(imagesFolder, nameOf(reference), image);
  if (options.push) {
    for (const reference of references) {
      const pushed = progress.start(`pushing ${nameOf(reference)}`);
      await pushImage(image, reference, authorizationFor(dockerConfig, reference.registry));
      pushed(`pushing manifest for ${nameOf(reference)}@${image.digest}`);
    }
  }
  writeResults(options, image);
};
