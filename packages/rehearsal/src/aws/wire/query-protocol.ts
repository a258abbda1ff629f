import type { Shape } from '../model/shape.ts';

/** A parameter tree: `Conditions.member.1.Field=x` becomes { Conditions: { member: { 1: { Field: 'x' } } } }. */
type Tree = Map<string, Tree | string>;

const plant = (body: string): Tree => {
  const root: Tree = new Map();
  for (const [key, value] of new URLSearchParams(body)) {
    const path = key.split('.');
    const last = path.pop() ?? '';
    let node = root;
    for (const part of path) {
      const next = node.get(part);
      const child: Tree = next instanceof Map ? next : new Map();
      node.set(part, child);
      node = child;
    }
    node.set(last, value);
  }
  return root;
};

const numbered = (node: Tree): Array<Tree | string> =>
  [...node]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, value]) => value);

const scalar = (shape: Shape | undefined, text: string): unknown => {
  if (shape?.kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (shape?.kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (shape?.kind === 'list' && text === '') return [];
  return text;
};

const read = (shape: Shape | undefined, node: Tree | string): unknown => {
  if (typeof node === 'string') return scalar(shape, node);
  const member = node.get('member');
  if (shape?.kind === 'list' || (shape?.kind !== 'structure' && member instanceof Map)) {
    const item = shape?.kind === 'list' ? shape.item() : undefined;
    return numbered(member instanceof Map ? member : node).map((child) => read(item, child));
  }
  const members = shape?.kind === 'structure' ? shape.members : undefined;
  return Object.fromEntries([...node].map(([name, child]) => [name, read(members?.get(name)?.(), child)]));
};

/** Returns the input of an AWS query request, typed by its shape; without one every value is text. */
export const parseQueryBody = (body: string, shape: Shape | undefined): unknown => {
  const tree = plant(body);
  tree.delete('Action');
  tree.delete('Version');
  return read(shape, tree);
};

export const actionOf = (body: string): { action: string | undefined; version: string | undefined } => {
  const parameters = new URLSearchParams(body);
  return { action: parameters.get('Action') ?? undefined, version: parameters.get('Version') ?? undefined };
};

const escapeXml = (text: string): string =>
  text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(/\r/g, '&#13;');

const xml = (name: string, value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return `<${name}>${value.map((item) => xml('member', item)).join('')}</${name}>`;
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`;
  if (typeof value !== 'object') return `<${name}>${escapeXml(String(value))}</${name}>`;
  return `<${name}>${Object.entries(value)
    .map(([key, item]) => xml(key, item))
    .join('')}</${name}>`;
};

/** Smithy, "AWS query protocol": XResponse holds XResult and the request id; list items are `member`. */
export const renderXml = (operation: string, value: unknown, namespace: string, requestId: string): string =>
  `<${operation}Response xmlns="${namespace}">${xml(`${operation}Result`, value ?? {})}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`;

export const renderXmlError = (
  fault: { code: string; status: number; message: string },
  namespace: string,
  requestId: string,
): string =>
  `<ErrorResponse xmlns="${namespace}"><Error><Type>${fault.status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${fault.code}</Code><Message>${escapeXml(fault.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
