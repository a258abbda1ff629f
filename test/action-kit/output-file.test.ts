import { renderOutputFile } from '@hospital-ops/action-kit/output-file';
import { parsePairs } from '@hospital-ops/rehearsal/runner/environment-files';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

const value = fc.oneof(fc.string(), fc.constantFrom('ghadelimiter', 'a\nghadelimiter\nforged=yes\n', '<<', 'x=y\n'));

test('the runner reads back every output as it was, whatever the values hold', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[A-Za-z_][\w-]{0,9}$/), value), (outputs) => {
      const pairs = Object.entries(outputs);
      expect(parsePairs(renderOutputFile(new Map(pairs)))).toEqual(pairs);
    }),
  );
});
