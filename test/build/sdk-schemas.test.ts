import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pruneSchemas } from '@hospital-ops/tooling/build/sdk-schemas';
import { describe, expect, test } from '@jest/globals';

const SOURCE = `const _A = "Answer";
const _B = "Beds";
const _S = "Staff";
const n0 = "hospital";
import { TypeRegistry } from "registry";
const n0_registry = new TypeRegistry(n0);
export var Lost$ = [-3, n0, "Lost",
    { [_A]: 404 },
    [0]
];
n0_registry.registerError(Lost$, Error);
export const errorTypeRegistries = [
    n0_registry,
];
var Bed$ = [3, n0, _B, 0, [], []];
var Staff$ = [3, n0, _S, 0, [], []];
export var ListBeds$ = [9, n0, _B,
    0, () => Beds$, () => Bed$
];
var Beds$ = [1, n0, _B,
    0, [() => Bed$,
        0]
];
export var ListStaff$ = [9, n0, _S,
    0, () => Staff$, () => Staff$
];
`;

describe("the schemas of an SDK's client", () => {
  test('keep what the operations that are called refer to, and every error', () => {
    const pruned = pruneSchemas(SOURCE, ['ListBeds']);
    for (const name of ['Lost$', 'registerError', 'errorTypeRegistries', '_A', '_B', 'Bed$', 'Beds$', 'ListBeds$']) {
      expect(pruned).toContain(name);
    }
    expect(pruned).not.toMatch(/Staff|_S\b/);
    expect(pruneSchemas(SOURCE, ['ListBeds', 'ListStaff'])).toBe(SOURCE);
  });

  test('an operation that is not there fails the build', () => {
    expect(() => pruneSchemas(SOURCE, ['ListWards'])).toThrow('declare no ListWards$');
  });

  test('are understood as the SDK writes them: with all operations nothing is left out but what nobody refers to', () => {
    const file = join(import.meta.dirname, '../../node_modules/@aws-sdk/client-ecs/dist-es/schemas/schemas_0.js');
    const source = readFileSync(file, 'utf8');
    const operations = [...source.matchAll(/^export var (\w+)\$ = \[9,/gm)].map(([, name = '']) => name);
    expect(operations.length).toBeGreaterThan(50);
    expect(pruneSchemas(source, operations).length).toBeGreaterThan(source.length * 0.99);
  });
});
