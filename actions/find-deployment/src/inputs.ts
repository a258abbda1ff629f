import type { RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { readEnvironment, readPipeline } from '@hospital-ops/pipeline/input';

export interface FindInputs {
  /** The environment whose deployments are looked through; undefined when the wanted one promotes nothing. */
  readonly environment: string | undefined;
  /** Names of the services that the pipeline file has today. */
  readonly known: ReadonlySet<string>;
  readonly sha: string;
  /** What to go back to; undefined looks for proof of `sha`. */
  readonly version: string | undefined;
  readonly table: string | undefined;
  readonly token: string;
}

/** Reads all inputs; `readFile` reads files of the workspace. */
export const parseFindInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): FindInputs =>
  parseInputs(raw, readFile, (reader) => {
    const pipeline = readPipeline(reader, readFile);
    const environment = readEnvironment(reader, pipeline);
    const sha = reader.commit('sha') ?? reader.required('sha');
    const token = reader.secret('token') ?? '';
    if (token === '') reader.required('token');
    const version = reader.text('version');
    return {
      environment: version === undefined ? pipeline?.environments.get(environment)?.promoteFrom : environment,
      known: new Set(pipeline?.services.keys()),
      sha,
      version,
      table: reader.text('table'),
      token,
    };
  });
