import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openRecords } from './records.ts';
import { Refusal } from './refusal.ts';

export interface Artifact {
  readonly name: string;
  /** The job that made it. */
  readonly job: string;
  readonly blob: string;
  readonly size: number;
  /** `sha256:…` of the blob, as its client says; empty where it says none. */
  readonly digest: string;
  readonly mimeType: string;
  readonly createdAt: string;
}

export type KeptArtifact = Artifact & { readonly number: number };

/** What no file system may have in a name (@actions/artifact, path-and-artifact-name-validation). */
const FORBIDDEN = /["*:<>?|\r\n\\/]/;

/** Docs of actions/upload-artifact, limitations. */
const MOST_PER_JOB = 500;

/** The artifacts of a run in `folder`. A name is there once, until it is removed. */
export const openArtifacts = (folder: string) => {
  const records = openRecords<Artifact>(join(folder, 'artifacts'));
  const blobOf = (name: string) => `artifact-${records.idOf(name)}`;
  return {
    /** Returns the blob that is to be written. */
    reserve: (name: string, job: string): string => {
      if (name === '' || FORBIDDEN.test(name)) {
        throw new Refusal('invalid_argument', `The artifact name is not valid: ${name}`);
      }
      if (records.all().filter((one) => one.job === job).length >= MOST_PER_JOB) {
        throw new Refusal('failed_precondition', `a job has at most ${MOST_PER_JOB} artifacts`);
      }
      if (!records.reserve(name)) {
        throw new Refusal('already_exists', 'an artifact with this name already exists on the workflow run');
      }
      return blobOf(name);
    },
    /** Makes what was written known; returns its number. */
    commit: (artifact: Omit<Artifact, 'blob' | 'createdAt'>, now: number): number => {
      const { name, size } = artifact;
      if (!records.isReserved(name) || records.isWritten(name)) {
        throw new Refusal('not_found', `no artifact ${name} is being written`);
      }
      const written = statSync(join(folder, blobOf(name)), { throwIfNoEntry: false })?.size;
      if (written !== size) {
        throw new Refusal('failed_precondition', `${size} bytes were announced and ${written ?? 'none'} came`);
      }
      return records.write(name, { ...artifact, blob: blobOf(name), createdAt: new Date(now).toISOString() });
    },
    /** Newest first. */
    all: (): readonly KeptArtifact[] => records.all(),
    find: (name: string): KeptArtifact | undefined => records.all().find((one) => one.name === name),
    remove: (name: string): void => {
      records.remove(name);
      rmSync(join(folder, blobOf(name)), { force: true });
    },
  };
};

export type Artifacts = ReturnType<typeof openArtifacts>;
