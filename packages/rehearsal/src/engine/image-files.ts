import { chmod, link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { dependenciesFolder, findInstalled } from './builder/dependencies.ts';

/** Returns where a link of the image leads to on this machine, relative to the link's folder unless it leaves the image. */
const linkTarget = (root: string, path: string, target: string): string => {
  if (target.startsWith(`${dependenciesFolder}/`)) {
    const name = target.slice(dependenciesFolder.length + 1);
    const folder = findInstalled(name);
    if (folder === undefined) throw new Error(`the image needs ${name}, which is not installed beside the suite.`);
    return join(folder, name);
  }
  return posix.isAbsolute(target) ? relative(dirname(path), join(root, target)) || '.' : target;
};

/**
 * Unpacks one layer (tar, gzipped or not) into `root`. Whiteouts delete what lower layers had (OCI image spec, layer).
 * Owners and set-uid bits are not kept. Throws for a name that would leave `root`.
 */
export const unpackLayer = async (layer: Buffer, mediaType: string, root: string): Promise<void> => {
  const source = Readable.from([layer]);
  const tar = extract();
  const input = mediaType.endsWith('gzip') ? source.pipe(createGunzip()) : source;
  input.on('error', (error: Error) => tar.destroy(error)).pipe(tar);
  for await (const entry of tar) {
    const { name, type, mode = 0o644, linkname } = entry.header;
    const inside = posix.join('/', name);
    const path = join(root, inside);
    if (name.split('/').includes('..')) throw new Error(`the layer has a name that leaves the image: ${name}`);
    const base = posix.basename(inside);
    if (base.startsWith('.wh.')) {
      if (base !== '.wh..wh..opq') await rm(join(dirname(path), base.slice(4)), { recursive: true, force: true });
    } else if (type === 'directory') {
      await mkdir(path, { recursive: true });
    } else {
      await mkdir(dirname(path), { recursive: true });
      await rm(path, { recursive: true, force: true });
      if (type === 'symlink') await symlink(linkTarget(root, path, linkname ?? ''), path);
      else if (type === 'link') await link(join(root, posix.join('/', linkname ?? '')), path);
      else if (type === 'file' || type === 'contiguous-file') {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(Buffer.from(chunk as Uint8Array));
        await writeFile(path, Buffer.concat(chunks));
        await chmod(path, mode & 0o111 ? 0o755 : 0o644);
      }
    }
    entry.resume();
  }
};
