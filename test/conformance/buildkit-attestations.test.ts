import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Job } from '../support/bundle.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import { describeWithBuildKit, theBuildKit } from '../support/describe-docker.ts';

/** Attestations by a BuildKit that this project did not write. The scanner, of Docker Hub otherwise, comes from here. */
const SCANNER = 'docker/buildkit-syft-scanner';
const store = createImageStore();
for (const name of [SCANNER, 'clinic-desk']) store.createRepository(name);
const registry = await startRegistry({ store });
const buildkit = await theBuildKit(registry.host);
afterAll(() => registry.close());

/** Writes what a scanner is asked for (BuildKit, "SBOM scanning protocol"). */
const SCAN = `#!/bin/busybox sh
echo '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"name":"tried by tests"}}' > "$BUILDKIT_SCAN_DESTINATION/scan.spdx.json"
`;

interface Manifest {
  readonly manifests?: ReadonlyArray<{ readonly digest: string; readonly platform?: { readonly os?: string } }>;
  readonly layers?: ReadonlyArray<{ readonly digest: string; readonly annotations?: Readonly<Record<string, string>> }>;
}

describeWithBuildKit(buildkit, 'attestations of build-image', ({ busybox, config }) => {
  let job: Job;
  beforeEach(() => {
    job = createJob();
  });
  afterEach(() => job.remove());

  const build = async (inputs: Readonly<Record<string, string>>) => {
    const given = { registry: registry.host, 'registry-auth': 'none', cache: 'none', ...inputs };
    const env = { DOCKER_CONFIG: config };
    return runBundle('build-image', job, { inputs: given, env });
  };
  const manifest = (digest: string): Manifest =>
    JSON.parse(store.manifest('clinic-desk', digest)?.bytes.toString('utf8') ?? '{}') as Manifest;

  test('a list of packages and the provenance are beside the image, and the outputs say which is which', async () => {
    cpSync(busybox, join(job.workspace, 'busybox'));
    job.write('scan', SCAN);
    job.write(
      'Dockerfile',
      'FROM scratch\nCOPY busybox /bin/busybox\nCOPY --chmod=755 scan /scan\nENTRYPOINT ["/scan"]\n',
    );
    expect((await build({ repository: SCANNER, tags: 'stable-1' })).code).toBe(0);
    job.write('Dockerfile', 'FROM scratch\nCOPY scan /scan\n');
    const { code, log, outputs } = await build({
      repository: 'clinic-desk',
      tags: '1.0.0',
      sbom: 'true',
      provenance: 'max',
    });
    expect([code, log]).toEqual([0, expect.stringContaining('clinic-desk: built')]);
    const images = Object.values(JSON.parse(outputs['platform-digests'] ?? '') as Record<string, string>);
    const { manifests = [] } = manifest(outputs.digest ?? '');
    const attested = manifests.filter(({ platform }) => platform?.os === 'unknown');
    expect(manifests.map(({ digest }) => digest)).toEqual([...images, ...attested.map(({ digest }) => digest)]);
    const layers = attested.flatMap(({ digest }) => manifest(digest).layers ?? []);
    const kinds = layers.map(({ annotations }) => annotations?.['in-toto.io/predicate-type'] ?? '');
    expect(kinds.sort()).toEqual([
      expect.stringMatching(/^https:\/\/slsa\.dev\/provenance\//),
      'https://spdx.dev/Document',
    ]);
    const list = layers.find(({ annotations }) => annotations?.['in-toto.io/predicate-type']?.includes('spdx'));
    expect(store.blob(list?.digest ?? '')?.toString('utf8')).toContain('tried by tests');
  });
});
