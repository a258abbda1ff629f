import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECTIONS } from '@hospital-ops/rehearsal/conformance/features';
import { expect, test } from '@jest/globals';

test.each(SECTIONS.flatMap(({ features }) => features.map((feature) => [feature.name, feature] as const)))(
  'the table names a test of %s that exists, and the difference where there is one',
  (_, { test: [file, title], support, difference }) => {
    const text = readFileSync(join(import.meta.dirname, `${file}.test.ts`), 'utf8').replace(/\(\s+/g, '(');
    // The title of a test, whatever stands before it: test, test.each(…), whenThere(…).
    const found = ["'", '"', '`'].some((quote) => text.includes(`(${quote}${title}`));
    expect(found).toBe(true);
    expect(support === 'with a difference' && difference === undefined).toBe(false);
  },
);
