import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../paths.ts';
import { startBrowser } from './browser.ts';
import { discordPage } from './discord.ts';
import { slackPage } from './slack.ts';
import { stamped } from './stamp.ts';

/** Pictures of the chat messages for the docs: the payloads come from the actions, by way of the stand-ins of the tests. */
type Capture = typeof import('../../../../test/previews/capture.ts');

const WIDTH = 640;

/** Text on one ground needs few colours; the picture is a third of the size. Needs pngquant beside chromium. */
const reduced = (png: Buffer): Buffer =>
  execFileSync('pngquant', ['--speed', '1', '--strip', '32', '-'], { input: png });

const folder = join(ROOT, 'docs', 'previews');
const { capturePreviews } = (await import(pathToFileURL(join(ROOT, 'test/previews/capture.ts')).href)) as Capture;

await mkdir(folder, { recursive: true });
const browser = await startBrowser(process.env.CHROMIUM ?? 'chromium');
try {
  for (const { name, service, payload } of await capturePreviews()) {
    const json = `${JSON.stringify(payload, null, 2)}\n`;
    const render = service === 'slack' ? slackPage : discordPage;
    const png = stamped(reduced(await browser.screenshot(render(payload as Record<string, unknown>), WIDTH)), json);
    await writeFile(join(folder, `${name}.json`), json);
    await writeFile(join(folder, `${name}.png`), png);
    process.stdout.write(`docs/previews/${name}.png: ${(png.length / 1024).toFixed(0)} KiB\n`);
  }
} finally {
  await browser.close();
}
