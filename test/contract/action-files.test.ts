import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseActionTemplate } from '@hospital-ops/rehearsal/runner/template';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/rehearse.ts';

/** An expression in a description, too, is one for GitHub, and keeps the action from being loaded. */
test.each(readdirSync(join(ROOT, 'actions')))("GitHub's parser takes the action.yml of %s", async (name) => {
  const file = `actions/${name}/action.yml`;
  await expect(parseActionTemplate(file, readFileSync(join(ROOT, file), 'utf8'))).resolves.toMatchObject({
    kind: 'mapping',
  });
});
