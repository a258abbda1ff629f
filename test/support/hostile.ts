import { expect } from '@jest/globals';
import type { Ran } from './bundle.ts';

/** Text that tries everything at once; what a command of it would carry begins with FORGED. */
export const HOSTILE_LINES: readonly string[] = [
  '::set-output name=outcome::FORGED',
  '  ::stop-commands::FORGED',
  '\u00a0::add-mask::FORGED',
  '\u0085::error::FORGED',
  '\ufeff::warning::FORGED',
  '::error file=FORGED::FORGED',
  'x ##[add-mask]FORGED',
  'x ###[error]FORGED',
  '##\u0000[error]FORGED',
  '\u001b[2K\u001b]8;;http://evil.example\u0007FORGED',
  'progress\r::save-state name=a::FORGED\r##[group]FORGED',
  'nul \u0000 bell \u0007 rtl \u202e end',
  '| cell | `code` <img src=x onerror=alert(1)> <!here> @channel @everyone [click](http://evil.example) ~~~',
  '```\n</details>\n# heading\n```',
  '\u2028::notice::FORGED\u2029::debug::FORGED',
];

export const HOSTILE = HOSTILE_LINES.join('\n');

/** One line of it, for places that hold one line: names, reasons, headers. */
export const HOSTILE_LINE = `::set-output name=outcome::FORGED ##[add-mask]FORGED \u001b[31m | \`x\` <!here> @channel <b>b</b> [x](http://evil.example)`;

const OWN = new Set(['add-mask', 'debug', 'error', 'warning', 'notice', 'group', 'endgroup']);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not pass
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2028\u2029]/;

/** What holds for every step of the suite, however it ended. */
export const expectContract = (ran: Ran): void => {
  const failed = ran.code !== 0;
  expect(ran.code === 0 || ran.code === 1).toBe(true);
  expect(Object.keys(ran.outputs)).toEqual(expect.arrayContaining([...ran.declared]));
  // `setFailed` once, and only then.
  expect(ran.commands.filter(({ name }) => name === 'error')).toHaveLength(failed ? 1 : 0);
  expect(ran.summary).toMatch(/^### /);
  expect(ran.summary.match(/^### /gm)).toHaveLength(1);
  expectInert(ran);
};

/** Nothing foreign is live: no command, no control character, no line that is not the action's own. */
export const expectInert = (ran: Ran): void => {
  for (const { name, data, properties } of ran.commands) {
    expect(OWN).toContain(name.toLowerCase());
    expect(data).not.toMatch(/^FORGED/);
    expect(Object.values(properties).join()).not.toMatch(/^FORGED/);
  }
  expect(ran.lines.filter((line) => CONTROLS.test(line))).toEqual([]);
  expect(CONTROLS.test(ran.summary)).toBe(false);
  expect(Object.entries(ran.outputs).filter(([, value]) => CONTROLS.test(value))).toEqual([]);
  // Outside of fenced text nothing of the summary is markup that somebody else wrote.
  const markup = ran.summary.replace(/^(`{3,})text\n[\s\S]*?^\1$/gm, '');
  expect(markup).not.toMatch(/<img|\]\(http|@channel|@everyone|<!here>|<b>b</);
};

const asRead = (markdown: string): string =>
  markdown
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');

/** How much of a secret is as good as the secret for somebody who guesses the rest. */
const PART = 8;

const partsOf = (secret: string): string[] => [
  secret.slice(0, PART),
  secret.slice(-PART),
  Buffer.from(secret)
    .toString('base64')
    .slice(0, PART + 2),
  encodeURIComponent(secret).slice(0, PART),
];

/** None of the secrets, nor a recognisable part of one, left by any way. `add-mask` is how the runner is told of them. */
export const expectNoSecret = (ran: Ran, secrets: readonly string[], elsewhere: readonly string[] = []): void => {
  const log = ran.lines.filter((line) => !line.startsWith('::add-mask::')).join('\n');
  const places = {
    log,
    summary: `${ran.summary}\n${asRead(ran.summary)}`,
    outputs: JSON.stringify(ran.outputs) + Object.values(ran.outputs).join('\n'),
    files: [...ran.left].flat().join('\n'),
    elsewhere: elsewhere.join('\n'),
  };
  for (const secret of secrets) {
    for (const [place, content] of Object.entries(places)) {
      const found = partsOf(secret).find((part) => content.includes(part));
      if (found !== undefined) {
        const at = content.indexOf(found);
        throw new Error(
          `part "${found}" of a secret is in the ${place}: …${content.slice(Math.max(0, at - 80), at + 80)}…`,
        );
      }
    }
  }
};
