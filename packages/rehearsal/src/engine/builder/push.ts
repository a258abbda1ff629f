import { BuildError } from './build-error.ts';
import type { BuiltImage } from './image.ts';
import { mediaTypes } from './image.ts';
import { networkFailure } from './network-failure.ts';
import type { Reference } from './reference.ts';
import { registryUrl } from './reference.ts';

const failure = async (what: string, response: Response): Promise<BuildError> => {
  const body = await response.text();
  let reason = `unexpected status from ${what}: ${response.status} ${response.statusText}`;
  try {
    const [error] = JSON.parse(body).errors;
    // containerd's wording: the code in words, then the registry's message.
    if (error?.code && response.status < 500)
      reason = `${String(error.code).toLowerCase().replaceAll('_', ' ')}: ${error.message}`;
  } catch {
    // Not a registry's error document: the status has to do.
  }
  return new BuildError(`failed to push: ${reason}`);
};

/** Sends an image's blobs and manifest to a registry. `authorization` is an HTTP header's value. Nothing is retried. */
export const pushImage = async (
  image: BuiltImage,
  reference: Reference,
  authorization: string | undefined,
): Promise<void> => {
  const base = `${registryUrl(reference.registry)}/v2/${reference.repository}`;
  const headers = authorization === undefined ? {} : { authorization };
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    try {
      return await fetch(url, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } });
    } catch (error) {
      throw new BuildError(`failed to push: failed to do request: ${init.method} "${url}": ${networkFailure(error)}`);
    }
  };
  for (const [digest, bytes] of image.blobs) {
    if ((await send(`${base}/blobs/${digest}`, { method: 'HEAD' })).ok) continue;
    const start = await send(`${base}/blobs/uploads/`, { method: 'POST' });
    const location = start.headers.get('location');
    if (!start.ok || !location) throw await failure('POST request to blobs/uploads', start);
    const upload = new URL(location, base);
    upload.searchParams.set('digest', digest);
    const done = await send(upload.href, {
      method: 'PUT',
      body: new Uint8Array(bytes),
      headers: { 'content-type': 'application/octet-stream' },
    });
    if (!done.ok) throw await failure('PUT request to blobs/uploads', done);
  }
  const name = reference.tag ?? image.digest;
  const put = await send(`${base}/manifests/${name}`, {
    method: 'PUT',
    body: new Uint8Array(image.manifest),
    headers: { 'content-type': mediaTypes.manifest },
  });
  if (!put.ok) throw await failure(`PUT request to manifests/${name}`, put);
};
