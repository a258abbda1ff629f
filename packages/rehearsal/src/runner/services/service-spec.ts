import { parseInteger } from '@hospital-ops/action-kit/numbers';
import { split } from 'shlex';
import type { Scope } from '../expressions.ts';
import { evaluate, toText } from '../expressions.ts';
import type { Entry } from '../template.ts';
import { entriesOf, find, itemsOf, literal } from '../template.ts';
import { unsupported, WorkflowError } from '../workflow-error.ts';
import type { ServiceEngine, ServicePort, ServiceSpec } from './service-engine.ts';

const KEYS = ['image', 'env', 'ports', 'options', 'volumes'];

/** Throws WorkflowError for what is known to be refused before the job runs. */
export const checkService = ({ key, value }: Entry, engine: ServiceEngine): void => {
  const refused = entriesOf(value).find((entry) => !KEYS.includes(entry.key));
  if (refused !== undefined) throw unsupported(refused.place, `\`${refused.key}\` of the service "${key}"`);
  const image = value.kind === 'mapping' ? find(value, 'image') : value;
  const text = literal(image);
  const refusal = text === undefined || text === '' ? undefined : engine.refusal(text);
  if (refusal !== undefined) throw unsupported(image?.place ?? value.place, `the service "${key}"`, refusal);
};

const portOf = (text: string, { key, place }: Entry): ServicePort => {
  const [, host, container = '', protocol = 'tcp'] = /^(?:(\d+):)?(\d+)(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const number = parseInteger(container);
  if (number === undefined) {
    throw new WorkflowError(
      place,
      `The port "${text}" of the service "${key}" is none; 5432 or 5432:5432 is expected.`,
    );
  }
  return { host: host === undefined ? undefined : parseInteger(host), container: number, protocol: protocol as 'tcp' };
};

/** Returns a service as it is to be started; undefined when its image is empty, which GitHub takes for "without it". */
export const serviceSpec = (entry: Entry, scope: Scope): ServiceSpec | undefined => {
  const { key, value } = entry;
  const imageTemplate = value.kind === 'mapping' ? find(value, 'image') : value;
  const image = imageTemplate === undefined ? '' : toText(evaluate(imageTemplate, scope));
  if (image === '') return undefined;
  const text = (name: string) => {
    const template = find(value, name);
    return template === undefined ? '' : toText(evaluate(template, scope));
  };
  const texts = (name: string) => itemsOf(find(value, name)).map((item) => toText(evaluate(item, scope)));
  return {
    id: key,
    image,
    env: Object.fromEntries(
      entriesOf(find(value, 'env')).map(({ key: name, value: one }) => [name, toText(evaluate(one, scope))]),
    ),
    ports: texts('ports').map((port) => portOf(port, entry)),
    options: split(text('options')),
    volumes: texts('volumes'),
  };
};
