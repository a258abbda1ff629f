import type { Fields } from '../egress/exchange.ts';
import type { Artifacts, KeptArtifact } from './artifacts.ts';
import type { ResultsJob } from './job-token.ts';
import type { Methods } from './methods.ts';
import { count, text } from './methods.ts';
import { Refusal } from './refusal.ts';
import type { Signer } from './signed-urls.ts';

const requireRun = (request: Fields, { run }: ResultsJob): void => {
  if (text(request, 'workflow_run_backend_id') !== run) {
    throw new Refusal('permission_denied', 'the token is of another run');
  }
};

const requireJob = (request: Fields, job: ResultsJob): void => {
  requireRun(request, job);
  if (text(request, 'workflow_job_run_backend_id') !== job.job) {
    throw new Refusal('permission_denied', 'the token is of another job');
  }
};

const ZIP = 'application/zip';

/** As a browser and @actions/artifact name the file. */
const disposition = ({ name, mimeType }: KeptArtifact): string =>
  `attachment; filename*=UTF-8''${encodeURIComponent(mimeType === ZIP ? `${name}.zip` : name)}`;

/** The methods of github.actions.results.api.v1.ArtifactService. */
export const artifactService = (artifacts: Artifacts, signer: Signer, now: () => number): Methods => {
  const mimeTypes = new Map<string, string>();
  const found = (request: Fields): KeptArtifact => {
    const artifact = artifacts.find(text(request, 'name'));
    if (artifact === undefined) throw new Refusal('not_found', `there is no artifact ${text(request, 'name')}`);
    return artifact;
  };
  return {
    CreateArtifact: (request, job) => {
      requireJob(request, job);
      const name = text(request, 'name');
      const blob = artifacts.reserve(name, job.job);
      mimeTypes.set(name, text(request, 'mime_type') || ZIP);
      return { ok: true, signed_upload_url: signer.sign({ blob, access: 'write' }) };
    },
    FinalizeArtifact: (request, job) => {
      requireJob(request, job);
      const name = text(request, 'name');
      const [size, digest] = [count(request, 'size'), text(request, 'hash')];
      const artifact = { name, job: job.job, size, digest, mimeType: mimeTypes.get(name) ?? ZIP };
      return { ok: true, artifact_id: String(artifacts.commit(artifact, now())) };
    },
    ListArtifacts: (request, job) => {
      requireRun(request, job);
      const [name, id] = [text(request, 'name_filter'), count(request, 'id_filter')];
      const chosen = artifacts
        .all()
        .filter((one) => (name === '' || one.name === name) && (id === 0 || one.number === id));
      return {
        artifacts: chosen.map((one) => ({
          workflow_run_backend_id: job.run,
          workflow_job_run_backend_id: one.job,
          database_id: String(one.number),
          name: one.name,
          size: String(one.size),
          created_at: one.createdAt,
          ...(one.digest === '' ? {} : { digest: one.digest }),
        })),
      };
    },
    GetSignedArtifactURL: (request, job) => {
      requireRun(request, job);
      const artifact = found(request);
      const { blob, mimeType: type } = artifact;
      return { signed_url: signer.sign({ blob, access: 'read', type, disposition: disposition(artifact) }) };
    },
    DeleteArtifact: (request, job) => {
      requireRun(request, job);
      const { name, number } = found(request);
      artifacts.remove(name);
      return { ok: true, artifact_id: String(number) };
    },
  };
};
