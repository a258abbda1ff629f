import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { AwsFault } from '../service.ts';

/** API_RevisionLocation, as far as ECS deployments go. */
export interface Revision {
  readonly revisionType?: string;
  readonly string?: { readonly content?: string; readonly sha256?: string };
  readonly appSpecContent?: { readonly content?: string; readonly sha256?: string };
}

/** What an AppSpec file asks for ("AppSpec File example for an Amazon ECS deployment"). */
export interface AppSpec {
  readonly taskDefinition: string;
  readonly container: string;
  readonly port: number;
  readonly network: Readonly<Record<string, unknown>> | undefined;
  readonly platformVersion: string | undefined;
  /** Events for which a Lambda function is named; it is not called. */
  readonly hooks: readonly string[];
}

const refuse = (message: string): never => {
  throw new AwsFault('InvalidRevisionException', message);
};

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** Member names are those of the file format, but CodeDeploy takes them with either first letter. */
const member = (value: unknown, name: string): unknown => {
  const all = record(value);
  return all[name] ?? all[name.charAt(0).toLowerCase() + name.slice(1)];
};

const read = (content: string): unknown => {
  try {
    return parse(content);
  } catch {
    return refuse('The AppSpec file cannot be parsed: it is neither JSON nor YAML.');
  }
};

const networkOf = (properties: unknown): AppSpec['network'] => {
  const given = member(member(properties, 'NetworkConfiguration'), 'AwsvpcConfiguration');
  if (given === undefined) return undefined;
  const all = Object.entries(record(given)).map(([name, value]) => [
    name.charAt(0).toLowerCase() + name.slice(1),
    value,
  ]);
  return { awsvpcConfiguration: Object.fromEntries(all) };
};

export const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex');

/** Returns the content of a revision with its hash, or undefined where it has none. */
export const contentOf = (revision: Revision | undefined): { content: string; sha256: string } | undefined => {
  const { content, sha256 } = revision?.appSpecContent ?? revision?.string ?? {};
  return content === undefined ? undefined : { content, sha256: sha256 ?? hashOf(content) };
};

/** Returns what a revision asks for; throws InvalidRevisionException, RevisionRequiredException as CreateDeployment does. */
export const readRevision = (revision: Revision | undefined): AppSpec => {
  if (revision === undefined) throw new AwsFault('RevisionRequiredException', 'The revision ID was not specified.');
  const { content, sha256 } = revision.appSpecContent ?? revision.string ?? {};
  if (content === undefined)
    return refuse(
      `A deployment to ECS takes the AppSpec as content here, not as ${revision.revisionType ?? 'nothing'}.`,
    );
  // The hash of the content (API_AppSpecContent).
  if (sha256 !== undefined && sha256 !== hashOf(content))
    refuse('The SHA256 hash of the content does not match the one of the request.');
  const spec = read(content);
  const resources = member(spec, 'Resources');
  const [resource] = Array.isArray(resources) ? resources.flatMap((each) => Object.values(record(each))) : [];
  if (member(resource, 'Type') !== 'AWS::ECS::Service')
    refuse('The AppSpec file must have one resource of type AWS::ECS::Service.');
  const properties = member(resource, 'Properties');
  const taskDefinition = member(properties, 'TaskDefinition');
  const loadBalancer = member(properties, 'LoadBalancerInfo');
  const container = member(loadBalancer, 'ContainerName');
  const port = Number(member(loadBalancer, 'ContainerPort'));
  if (typeof taskDefinition !== 'string' || typeof container !== 'string' || !Number.isInteger(port))
    refuse('The AppSpec file must name TaskDefinition, ContainerName and ContainerPort.');
  const hooks = member(spec, 'Hooks');
  const platformVersion = member(properties, 'PlatformVersion');
  return {
    taskDefinition: String(taskDefinition),
    container: String(container),
    port,
    network: networkOf(properties),
    platformVersion: typeof platformVersion === 'string' ? platformVersion : undefined,
    hooks: Array.isArray(hooks) ? hooks.flatMap((hook) => Object.keys(record(hook))) : [],
  };
};
