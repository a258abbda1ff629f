import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import picomatch from 'picomatch';
import { filesBelow } from '../hash-files.ts';
import type { StandIn, StandInStep } from '../stand-in.ts';

interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

const ofPaths = (step: StandInStep): Subject[] => {
  const patterns = step
    .input('subject-path')
    .split(/[\n,]/)
    .flatMap((one) => one.trim() || []);
  const matches = picomatch(patterns.map((one) => relative(step.workspace, resolve(step.workspace, one))));
  return filesBelow(step.workspace)
    .filter((file) => matches(file))
    .map((file) => ({
      name: file.split('/').at(-1) ?? file,
      digest: {
        sha256: createHash('sha256')
          .update(readFileSync(join(step.workspace, file)))
          .digest('hex'),
      },
    }));
};

const ofChecksums = (step: StandInStep): Subject[] => {
  const path = resolve(step.workspace, step.input('subject-checksums'));
  if (!existsSync(path)) throw new Error(`subject-checksums: there is no file ${step.input('subject-checksums')}.`);
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, sha256, name] = /^([0-9a-f]{64})\s+\*?(.+)$/.exec(line.trim()) ?? [];
    return sha256 === undefined || name === undefined ? [] : [{ name, digest: { sha256 } }];
  });
};

const subjects = (step: StandInStep): Subject[] => {
  const given = ['subject-path', 'subject-digest', 'subject-checksums'].filter((name) => step.input(name) !== '');
  if (given.length !== 1) {
    throw new Error('One of subject-path, subject-digest, or subject-checksums must be provided');
  }
  if (given[0] === 'subject-path') return ofPaths(step);
  if (given[0] === 'subject-checksums') return ofChecksums(step);
  const [, sha256] = /^sha256:([0-9a-f]{64})$/.exec(step.input('subject-digest')) ?? [];
  if (sha256 === undefined) throw new Error('subject-digest must be in the format "sha256:<hex-digest>"');
  if (step.input('subject-name') === '') throw new Error('subject-name must be provided when using subject-digest');
  return [{ name: step.input('subject-name'), digest: { sha256 } }];
};

/** The stand-in of actions/attest-build-provenance. */
export const attestBuildProvenance: StandIn = {
  uses: 'actions/attest-build-provenance',
  replaces: 'checks permissions and subjects, and writes the statement without a signature.',
  lacks: 'it signs the statement by Sigstore, and stores it with the repository.',
  others: ['push-to-registry', 'create-storage-record'],
  inputs: {
    'subject-path': {},
    'subject-digest': {},
    'subject-name': {},
    'subject-checksums': {},
    'show-summary': { default: 'true' },
    'github-token': {},
  },
  run: async (step) => {
    for (const scope of ['id-token', 'attestations']) {
      if (step.permissions[scope] !== 'write') throw new Error(`Missing "${scope}: write" permission.`);
    }
    const subject = subjects(step);
    if (subject.length === 0) throw new Error(`Could not find subject at path ${step.input('subject-path')}`);
    const { server_url, repository, workflow_ref, sha } = step.github;
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject,
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: 'https://actions.github.io/buildtypes/workflow/v1',
          externalParameters: { workflow: { repository: `${server_url}/${repository}`, path: workflow_ref } },
          resolvedDependencies: [{ digest: { gitCommit: sha } }],
        },
      },
    };
    const path = join(step.temp, 'attestation.json');
    writeFileSync(path, `${JSON.stringify(statement)}\n`);
    step.log(`Subjects: ${subject.map(({ name }) => name).join(', ')}`);
    return { outputs: { 'bundle-path': path, 'attestation-id': '', 'attestation-url': '' } };
  },
};
