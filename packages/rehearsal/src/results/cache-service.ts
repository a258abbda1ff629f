import type { Fields } from '../egress/exchange.ts';
import { mayRead, mayWrite } from './cache-mode.ts';
import type { Caches } from './caches.ts';
import type { Methods } from './methods.ts';
import { count, text, texts } from './methods.ts';
import { Refusal } from './refusal.ts';
import type { Signer } from './signed-urls.ts';

const namesOf = (request: Fields) => ({ key: text(request, 'key'), version: text(request, 'version') });

/** The methods of github.actions.results.api.v1.CacheService. */
export const cacheService = (caches: Caches, signer: Signer): Methods => ({
  CreateCacheEntry: (request, job) => {
    const { key, version } = namesOf(request);
    // The words by which @actions/cache tells this from a key that is taken.
    if (!mayWrite(job.mode))
      return { ok: false, message: 'cache write denied: the token of this job may not write caches' };
    return { ok: true, signed_upload_url: signer.sign({ blob: caches.reserve(key, version), access: 'write' }) };
  },
  FinalizeCacheEntryUpload: (request, job) => {
    const { key, version } = namesOf(request);
    if (!mayWrite(job.mode)) throw new Refusal('permission_denied', 'the token of this job may not write caches');
    return { ok: true, entry_id: String(caches.commit(key, version, count(request, 'size_bytes'))) };
  },
  GetCacheEntryDownloadURL: (request, job) => {
    const { key, version } = namesOf(request);
    if (!mayRead(job.mode)) throw new Refusal('permission_denied', 'cache read denied: the token may not read caches');
    const found = caches.find(key, texts(request, 'restore_keys'), version);
    if (found === undefined) return { ok: false };
    return {
      ok: true,
      matched_key: found.key,
      signed_download_url: signer.sign({ blob: found.blob, access: 'read' }),
    };
  },
});
