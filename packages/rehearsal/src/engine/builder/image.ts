import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pack } from 'tar-stream';
import type { FileTree } from './file-tree.ts';
import type { Stage } from './stage.ts';

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

export interface BuiltImage {
  /** Of the manifest: what `@sha256:…` means. */
  readonly digest: string;
  /** Of the config: the image id. */
  readonly configDigest: string;
  readonly manifest: Buffer;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The one time stamp of everything: equal inputs give equal bytes. */
const epoch = new Date(0);

const packLayer = async (tree: FileTree): Promise<Buffer> => {
  const tar = pack();
  for (const [name, entry] of tree.below('/')) {
    const header = { name, mtime: epoch, uid: 0, gid: 0 };
    if (entry.type === 'directory') tar.entry({ ...header, name: `${name}/`, type: 'directory', mode: 0o755 });
    else if (entry.type === 'link') tar.entry({ ...header, type: 'symlink', linkname: entry.target, mode: 0o777 });
    else tar.entry({ ...header, mode: entry.executable ? 0o755 : 0o644 }, readFileSync(entry.source));
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
};

const configOf = (stage: Stage, platform: string, labels: Readonly<Record<string, string>>, layer: string): unknown => {
  const { config } = stage;
  const [os, architecture] = platform.split('/');
  const allLabels = { ...Object.fromEntries(config.labels), ...labels };
  return {
    architecture,
    os,
    created: epoch.toISOString(),
    config: {
      ...(config.user && { User: config.user }),
      ...(config.exposed.size > 0 && {
        ExposedPorts: Object.fromEntries([...config.exposed].map((port) => [port, {}])),
      }),
      Env: [...config.env].map(([name, value]) => `${name}=${value}`),
      ...(config.entrypoint.length > 0 && { Entrypoint: config.entrypoint }),
      ...(config.cmd.length > 0 && { Cmd: config.cmd }),
      WorkingDir: config.workdir,
      ...(Object.keys(allLabels).length > 0 && { Labels: allLabels }),
      ...(config.healthcheck && { Healthcheck: config.healthcheck }),
      ...(config.stopSignal && { StopSignal: config.stopSignal }),
    },
    rootfs: { type: 'layers', diff_ids: [layer] },
    history: [{ created: epoch.toISOString(), created_by: 'stand-in builder: files only, no RUN executed' }],
  };
};

/** Packs a stage as an OCI image of one uncompressed layer; compression would tie the digest to a zlib. */
export const packImage = async (
  stage: Stage,
  platform: string,
  labels: Readonly<Record<string, string>>,
): Promise<BuiltImage> => {
  const layer = await packLayer(stage.tree);
  const layerDigest = digestOf(layer);
  const config = Buffer.from(JSON.stringify(configOf(stage, platform, labels, layerDigest)));
  const configDigest = digestOf(config);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: configDigest, size: config.length },
      layers: [{ mediaType: mediaTypes.layer, digest: layerDigest, size: layer.length }],
    }),
  );
  return {
    digest: digestOf(manifest),
    configDigest,
    manifest,
    blobs: new Map([
      [layerDigest, layer],
      [configDigest, config],
    ]),
  };
};
