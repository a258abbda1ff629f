import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shows, stamped } from '@hospital-ops/tooling/previews/stamp';
import { expect, test } from '@jest/globals';
import { capturePreviews } from './capture.ts';

const FOLDER = 'docs/previews';
const NEXT = 'run `npm run previews` and commit the result';

test('the pictures in the docs show what the actions send now', async () => {
  const previews = await capturePreviews();
  const stale = previews
    .map(({ name, payload }) => ({ name, json: `${JSON.stringify(payload, null, 2)}\n` }))
    .filter(({ name, json }) => {
      const file = (extension: string) => readFileSync(join(FOLDER, `${name}.${extension}`));
      return file('json').toString() !== json || !shows(file('png'), json);
    })
    .map(({ name }) => `${name}: ${NEXT}`);
  expect(stale).toEqual([]);
  const files = previews.flatMap(({ name }) => [`${name}.json`, `${name}.png`]);
  expect(readdirSync(FOLDER).sort()).toEqual(files.sort());
});

test('every picture is small, and shown in the README of its action', () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.png'))) {
    expect(readFileSync(join(FOLDER, file)).length).toBeLessThan(80 * 1024);
    const readme = readFileSync(`actions/notify-${file.split('-')[0]}/README.md`, 'utf8');
    expect(readme).toContain(`docs/previews/${file}`);
  }
});

test('a picture knows its payload, and no other', () => {
  const png = readFileSync(join(FOLDER, 'slack-deployed.png'));
  const again = stamped(png, 'another');
  expect([shows(again, 'another'), shows(again, 'a third')]).toEqual([true, false]);
});
