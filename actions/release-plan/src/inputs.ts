import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { checkName, readEnvironment, readPipeline } from '@hospital-ops/pipeline/input';
import type { Pipeline } from '@hospital-ops/pipeline/model';
import type { Proof } from './plan-images.ts';
import type { Deadlines } from './time-needed.ts';
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
  readonly proof: Proof | undefined;
  readonly revisions: ReadonlyMap<string, string> | undefined;
  /** What changed since `base`; undefined where nobody looked. */
  readonly changed: readonly string[] | undefined;
  readonly base: string;
  readonly deadlines: Deadlines;
}

const NOTHING: Pipeline = { project: '', globalPaths: [], services: new Map(), environments: new Map() };

const readNames = (reader: InputReader, input: string, known: readonly string[]): string[] | undefined => {
  const value = reader.structured(input);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) {
    for (const name of value) checkName(reader, input, 'service', name, known);
    return known.filter((name) => value.includes(name));
  }
  reader.problem(input, 'expected a JSON array of names of services');
  return undefined;
};

const readServices = (reader: InputReader, known: readonly string[]): string[] => {
  const text = reader.text('services');
  if (text === undefined) reader.required('services');
  if (text === undefined || /^[[{]/.test(text)) return readNames(reader, 'services', known) ?? [];
  const names = reader.words('services');
  if (names.length === 0) reader.problem('services', 'expected the names of services', text);
  for (const name of names) checkName(reader, 'services', 'service', name, known);
  return known.filter((name) => names.includes(name));
};

/** What an environment ran once may hold services that are no more. */
const readTexts = (reader: InputReader, input: string): ReadonlyMap<string, string> | undefined => {
  const value = reader.structured(input);
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.every(([, text]) => typeof text === 'string')) return new Map(entries as Array<[string, string]>);
  }
  reader.problem(input, `expected the output of find-deployment, a JSON object of service to text`);
  return undefined;
};

const readProof = (reader: InputReader, known: readonly string[]): Proof | undefined => {
  const images = readTexts(reader, 'proved');
  const outdated = new Set(readNames(reader, 'changed-since-proof', known));
  return images && { images, outdated };
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
    const environment = readEnvironment(reader, pipeline);
    const sha = reader.commit('sha') ?? reader.required('sha');
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
      proof: readProof(reader, known),
      revisions: readTexts(reader, 'revisions'),
      changed: readNames(reader, 'changed', known),
      base: reader.text('base') ?? '',
      deadlines: {
        job: reader.duration('time-limit'),
        lockWait: reader.duration('lock-wait'),
        deploy: reader.duration('deploy-timeout'),
        smoke: reader.duration('smoke-deadline'),
      },
    };
  });
