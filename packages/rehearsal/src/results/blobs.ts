import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, renameSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readBody } from '../egress/exchange.ts';
import type { SignedBlob, Signer } from './signed-urls.ts';

const headers = (more: Readonly<Record<string, string>> = {}) => ({
  'x-ms-request-id': crypto.randomUUID(),
  'x-ms-version': '2026-02-06',
  ...more,
});

const refuse = (response: ServerResponse, status: number, code: string, message: string): void => {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, headers({ 'content-type': 'application/xml', 'x-ms-error-code': code }));
  response.end(body);
};

const created = (response: ServerResponse, blob: string): void => {
  response.writeHead(
    201,
    headers({ etag: `"${blob}"`, 'last-modified': new Date().toUTCString(), 'content-length': '0' }),
  );
  response.end();
};

/** The block's own file: an identifier is foreign text, and its digest is none. */
const blockFile = (file: string, id: string): string =>
  `${file}.${createHash('sha256').update(id).digest('hex').slice(0, 32)}.block`;

/** Puts the blocks together in their order; returns false when one of them is not there. */
const putBlockList = async (file: string, ids: readonly string[]): Promise<boolean> => {
  const blocks = ids.map((id) => blockFile(file, id));
  if (blocks.some((block) => statSync(block, { throwIfNoEntry: false }) === undefined)) return false;
  const inOrder = async function* () {
    for (const block of blocks) yield* createReadStream(block);
  };
  await pipeline(inOrder, createWriteStream(`${file}.draft`));
  renameSync(`${file}.draft`, file);
  for (const block of new Set(blocks)) rmSync(block);
  return true;
};

const write = async (request: IncomingMessage, response: ServerResponse, file: string, url: URL): Promise<void> => {
  const [comp, id] = [url.searchParams.get('comp'), url.searchParams.get('blockid')];
  if (comp === 'blocklist') {
    const listed = [...(await readBody(request)).matchAll(/<(?:Latest|Uncommitted)>([^<]+)</g)].map(
      ([, one = '']) => one,
    );
    if (await putBlockList(file, listed)) return created(response, url.pathname);
    return refuse(response, 400, 'InvalidBlockList', 'The specified block list is invalid.');
  }
  if (comp === 'block' && id) {
    await pipeline(request, createWriteStream(blockFile(file, id)));
    return created(response, url.pathname);
  }
  if (comp !== null || request.headers['x-ms-blob-type'] !== 'BlockBlob') {
    return refuse(response, 400, 'UnsupportedOperation', 'The rehearsal knows Put Blob, Put Block and Put Block List.');
  }
  await pipeline(request, createWriteStream(`${file}.draft`));
  renameSync(`${file}.draft`, file);
  created(response, url.pathname);
};

const read = async (request: IncomingMessage, response: ServerResponse, file: string, blob: SignedBlob) => {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return refuse(response, 404, 'BlobNotFound', 'The specified blob does not exist.');
  const asked = request.headers['x-ms-range'] ?? request.headers.range ?? '';
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(String(asked)) ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(last ? Number(last) : stat.size - 1, stat.size - 1);
  if (first !== undefined && start > end) return refuse(response, 416, 'InvalidRange', 'The range is not satisfiable.');
  response.writeHead(
    first === undefined ? 200 : 206,
    headers({
      'content-type': blob.type || 'application/octet-stream',
      ...(blob.disposition ? { 'content-disposition': blob.disposition } : {}),
      ...(first === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${stat.size}` }),
      'content-length': String(end - start + 1),
      'accept-ranges': 'bytes',
      'x-ms-blob-type': 'BlockBlob',
      etag: `"${blob.blob}"`,
      'last-modified': stat.mtime.toUTCString(),
    }),
  );
  if (request.method === 'HEAD' || stat.size === 0) return response.end();
  await pipeline(createReadStream(file, { start, end }), response);
};

/**
 * Returns the handler of signed addresses: as much of Azure Blob Storage as the clients of caches and artifacts use. What
 * was committed is not written again, though its address would still be good.
 */
export const createBlobHandler =
  (folder: string, signer: Signer, isCommitted: (blob: string) => boolean) =>
  async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const blob = signer.verify(url);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (blob === undefined || (blob.access === 'read') !== isRead || (!isRead && request.method !== 'PUT')) {
      request.resume();
      return refuse(response, 403, 'AuthenticationFailed', 'The signature does not allow this.');
    }
    const file = join(folder, blob.blob);
    if (isRead) return void (await read(request, response, file, blob));
    if (isCommitted(blob.blob)) {
      request.resume();
      return refuse(response, 409, 'BlobImmutableDueToPolicy', 'The blob has been finalized.');
    }
    await write(request, response, file, url);
  };
