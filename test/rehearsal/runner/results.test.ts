import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { BlockBlobClient } from '@azure/storage-blob';
import { chooseCache } from '@hospital-ops/rehearsal/results/caches';
import type { ResultsServer } from '@hospital-ops/rehearsal/results/results-server';
import { startResults } from '@hospital-ops/rehearsal/results/results-server';
import { createStandIns } from '@hospital-ops/rehearsal/runner/stand-ins/table';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { action, job, run } from './sandbox.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CLIENT = pathToFileURL(join(ROOT, 'node_modules/@actions/cache/lib/cache.js'));
const LAYERS = pathToFileURL(join(ROOT, 'actions/build-image/src/layer-cache.ts'));

const caching = (body: string) =>
  action(
    'caching',
    `import { readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { restoreCache, saveCache } from '${CLIENT}';
const put = (text) => { mkdirSync('kept', { recursive: true }); writeFileSync('kept/x', text); };
const restore = async (...keys) => {
  rmSync('kept', { recursive: true, force: true });
  console.log('restored', await restoreCache(['kept'], ...keys), (() => { try { return readFileSync('kept/x', 'utf8'); } catch { return 'nothing'; } })());
};
${body}`,
  );
const USES = '- uses: acme/hospital-ops-actions/caching@v1';

describe('the cache service', () => {
  test('serves @actions/cache as it is: by key, by prefix, and a key is written once', async () => {
    const suite = caching(`await restore('k-1', ['k-']);
put('one'); await saveCache(['kept'], 'k-1');
put('two'); await saveCache(['kept'], 'k-1');
await restore('k-1');
await restore('k-2', ['other-', 'k-']);
await restore('other');`);
    const result = await run(
      job(`${USES}
- id: stand-in
  uses: actions/cache/restore@v5
  with: { path: kept, key: k-3, restore-keys: k- }
- run: echo "then \${{ steps.stand-in.outputs.cache-matched-key }} $(cat kept/x)"`),
      { suite, standIns: createStandIns() },
    );
    expect(result.log('one').match(/^restored .*/gm)).toEqual([
      'restored undefined nothing',
      'restored k-1 one',
      'restored k-1 one',
      'restored undefined nothing',
    ]);
    expect(result.log('one')).toContain('Unable to reserve cache with key k-1, another job may be creating this cache');
    expect(result.log('one')).toContain('then k-1 one');
    expect(result.conclusion).toBe('success');
  });

  const BUILDS = action(
    'caching',
    `import { existsSync, mkdirSync } from 'node:fs';
import { githubCache, withSavedFolder } from '${LAYERS}';
const folder = { read: process.cwd() + '/read', written: process.cwd() + '/written' };
const build = async (revision) => {
  const options = { cache: githubCache(), scope: 'api', revision, warn: (text) => console.log('::warning::' + text) };
  console.log('built', await withSavedFolder({ from: ['x'], to: [], folder }, options, async ({ from }) => {
    mkdirSync(folder.written);
    return revision + ' from ' + (from.length > 0 && existsSync(folder.read) ? 'the cache' : 'nothing');
  }));
};
await build('a');
delete process.env.ACTIONS_CACHE_MODE;
await build('b');`,
  );

  test('keeps the layers of build-image from build to build', async () => {
    const result = await run(job(USES), { suite: BUILDS });
    expect(result.log('one').match(/^built .*/gm)).toEqual(['built a from nothing', 'built b from the cache']);
    expect(result.job('one').steps.flatMap(({ annotations }) => annotations)).toEqual([]);
  });

  test('reads for a run that anyone may start, whose builds succeed with a warning where they would save', async () => {
    const result = await run(job(USES, { on: 'issue_comment' }), {
      suite: BUILDS,
      event: { name: 'issue_comment', payload: {} },
    });
    expect(result.log('one').match(/^built .*/gm)).toEqual(['built a from nothing', 'built b from nothing']);
    expect(result.log('one')).toContain("Cache save skipped: the effective cache-mode 'read' does not permit writes.");
    expect(result.job('one').steps.flatMap(({ annotations }) => annotations)).toEqual([
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('cache write denied') }),
    ]);
    expect(result.conclusion).toBe('success');
  });

  test('is for actions and not for scripts, and no log shows its token', async () => {
    const suite = action('show', 'console.log("token", process.env.ACTIONS_RUNTIME_TOKEN);');
    const result = await run(
      job(
        '- uses: acme/hospital-ops-actions/show@v1\n- run: echo "variables [$ACTIONS_RUNTIME_TOKEN$ACTIONS_RESULTS_URL]"',
      ),
      { suite },
    );
    expect(result.log('one')).toContain('token ***');
    expect(result.log('one')).toContain('variables []');
  });

  test.each([
    ['k-1', [], 'k-1'],
    ['k', [], 'k-3'],
    ['x', ['k-1', 'k-'], 'k-10'],
    ['x', ['y'], undefined],
  ])('of the keys k-3, k-10, k-1, newest first, %j with %j is %j', (key, prefixes, expected) => {
    const entries = ['k-3', 'k-10', 'k-1'].map((one) => ({ key: one }));
    expect(chooseCache(entries, key, prefixes)?.key).toBe(expected);
  });
});

describe('the artifact service', () => {
  let server: ResultsServer;
  const folder = mkdtempSync(join(tmpdir(), 'results-'));
  beforeAll(async () => {
    server = await startResults(folder);
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const client = () => {
    const grant = server.grant({ ref: 'refs/heads/main', mode: 'write' });
    const { scp } = JSON.parse(Buffer.from(grant.token.split('.')[1] ?? '', 'base64url').toString()) as { scp: string };
    const [, workflow_run_backend_id, workflow_job_run_backend_id] = scp.split(':');
    const call = async (method: string, fields: object): Promise<[status: number, body: Record<string, string>]> => {
      const answer = await fetch(
        `${grant.env.ACTIONS_RESULTS_URL}twirp/github.actions.results.api.v1.ArtifactService/${method}`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${grant.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ workflow_run_backend_id, workflow_job_run_backend_id, ...fields }),
        },
      );
      return [answer.status, (await answer.json()) as Record<string, string>];
    };
    return { ...grant, call };
  };

  const upload = async ({ call }: ReturnType<typeof client>, name: string, content: Buffer): Promise<string> => {
    const [, { signed_upload_url: url = '' }] = await call('CreateArtifact', { name, version: 7 });
    // In blocks, as @actions/artifact sends its archive.
    await new BlockBlobClient(url).uploadStream(Readable.from([content]), 1000, 2);
    return url;
  };

  test('takes an archive in blocks, lists it, and hands it out to other jobs, whole and in parts', async () => {
    const [one, other] = [client(), client()];
    const content = Buffer.from(Array.from({ length: 4500 }, (_, index) => index % 251));
    await upload(one, 'plan', content);
    expect(await one.call('FinalizeArtifact', { name: 'plan', size: '4500', hash: 'sha256:abc' })).toEqual([
      200,
      { ok: true, artifact_id: '1' },
    ]);
    expect((await other.call('ListArtifacts', { name_filter: 'plan' }))[1]).toMatchObject({
      artifacts: [{ database_id: '1', name: 'plan', size: '4500', digest: 'sha256:abc' }],
    });
    const [, { signed_url: url = '' }] = await other.call('GetSignedArtifactURL', { name: 'plan' });
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, content.subarray(10, 20)]);
  });

  test.each<[string, string, object, number, string]>([
    ['a name that no file could have', 'CreateArtifact', { name: 'a/b' }, 400, 'The artifact name is not valid'],
    ['a name that is taken', 'CreateArtifact', { name: 'taken' }, 409, 'already exists'],
    [
      'another size than what came',
      'FinalizeArtifact',
      { name: 'taken', size: 7 },
      412,
      '7 bytes were announced and 4 came',
    ],
    ['another job', 'CreateArtifact', { name: 'x', workflow_job_run_backend_id: 'y' }, 403, 'of another job'],
    ['another run', 'ListArtifacts', { workflow_run_backend_id: 'y' }, 403, 'of another run'],
    ['what is not there', 'GetSignedArtifactURL', { name: 'none' }, 404, 'no artifact none'],
    ['a method that it does not know', 'MigrateArtifact', { name: 'x' }, 404, 'has no POST'],
  ])('refuses %s by name', async (_, method, fields, status, message) => {
    const one = client();
    await upload(one, 'taken', Buffer.from('four')).catch(() => undefined);
    const [code, { msg }] = await one.call(method, fields);
    expect([code, msg]).toEqual([status, expect.stringContaining(message)]);
  });

  test('an address is good for what it was signed for, and a token while its job runs', async () => {
    const one = client();
    const url = await upload(one, 'signed', Buffer.from('four'));
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url.replace('sp=cw', 'sp=r'))).status).toBe(403);
    await one.call('FinalizeArtifact', { name: 'signed', size: '4' });
    const late = await fetch(url, { method: 'PUT', body: 'five!', headers: { 'x-ms-blob-type': 'BlockBlob' } });
    expect(late.status).toBe(409);
    one.revoke();
    expect((await one.call('ListArtifacts', {}))[0]).toBe(401);
  });
});
