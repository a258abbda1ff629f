import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { nearest, parseInputs } from '@hospital-ops/action-kit/inputs';
import { loadPipeline } from '@hospital-ops/pipeline/load';
import type { Pipeline } from '@hospital-ops/pipeline/model';
import { PipelineFileError } from '@hospital-ops/pipeline/problem';
import type { Deployed } from './way-back.ts';
import { parseDeployed } from './way-back.ts';

export interface PlanInputs {
  readonly pipeline: Pipeline;
  readonly environment: string;
  readonly version: string | undefined;
  readonly sha: string;
  /** In the order of the pipeline file. */
  readonly services: readonly string[];
  /** Undefined before anything is built. */
  readonly images: ReadonlyMap<string, string> | undefined;
  readonly deployed: readonly Deployed[] | undefined;
  readonly allowBuild: boolean;
}

const NOTHING: Pipeline = { project: '', globalPaths: [], services: new Map(), environments: new Map() };

const readPipeline = (reader: InputReader, readFile: ReadWorkspaceFile): Pipeline | undefined => {
  const file = reader.required('config');
  if (file === '') return undefined;
  try {
    return loadPipeline(readFile(file), file);
  } catch (error) {
    if (error instanceof PipelineFileError) {
      for (const { line, message } of error.problems) reader.problem('config', `${file}: line ${line}: ${message}`);
    } else reader.problem('config', `cannot be read: ${error instanceof Error ? error.message : String(error)}`, file);
    return undefined;
  }
};

/** Tells a name that `known` does not have; without a pipeline file nothing is known to be wrong. */
const checkName = (reader: InputReader, input: string, kind: string, name: string, known: readonly string[]) => {
  if (known.length === 0 || known.includes(name)) return;
  const near = nearest(name, known);
  const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
  reader.problem(input, `the pipeline file has no ${kind} "${name}"; ${hint}`);
};

const readServices = (reader: InputReader, known: readonly string[]): string[] => {
  const value = reader.structured('services');
  if (value === undefined) reader.required('services');
  else if (Array.isArray(value) && value.every((name) => typeof name === 'string')) {
    for (const name of value) checkName(reader, 'services', 'service', name, known);
    return known.filter((name) => value.includes(name));
  } else reader.problem('services', 'expected a JSON array of names of services');
  return [];
};

/** `registry/repository@sha256:…` or a tagged reference; what has neither would mean the moving tag `latest`. */
const IMAGE = /^[^\s@]+(?:@sha256:[0-9a-f]{64}|:[\w][\w.-]{0,127})$/;

const readImages = (reader: InputReader, known: readonly string[], services: readonly string[]) => {
  const value = reader.structured('images');
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reader.problem('images', 'expected a JSON object of service to image');
    return undefined;
  }
  const images = new Map<string, string>();
  for (const [name, image] of Object.entries(value)) {
    checkName(reader, 'images', 'service', name, known);
    if (typeof image === 'string' && IMAGE.test(image)) images.set(name, image);
    else reader.problem('images', `the image of "${name}" is no reference with a digest or tag`);
  }
  for (const name of services) {
    if (!Object.hasOwn(value, name)) reader.problem('images', `there is no image for the service "${name}"`);
  }
  return images;
};

/** Reads all inputs; `readFile` reads files of the workspace. */
export const parsePlanInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): PlanInputs =>
  parseInputs(raw, readFile, (reader) => {
    const pipeline = readPipeline(reader, readFile) ?? NOTHING;
    const known = [...pipeline.services.keys()];
    const environment = reader.required('environment');
    if (environment !== '') {
      checkName(reader, 'environment', 'environment', environment, [...pipeline.environments.keys()]);
    }
    const sha = reader.required('sha');
    if (sha !== '' && !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)) {
      reader.problem('sha', 'expected a full commit SHA', sha);
    }
    const services = readServices(reader, known);
    const images = readImages(reader, known, services);
    const report = reader.structured('deployed');
    const deployed = report === undefined ? undefined : parseDeployed(report);
    if (report !== undefined && deployed === undefined) {
      reader.problem('deployed', 'expected the output `services` of ecs-deploy');
    }
    if (report !== undefined && raw.has('images')) reader.problem('deployed', 'give `images` or `deployed`, not both');
    return {
      pipeline,
      environment,
      version: reader.text('version'),
      sha,
      services,
      images,
      deployed,
      allowBuild: reader.bool('allow-build'),
    };
  });
