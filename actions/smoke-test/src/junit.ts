import type { Check } from './check.ts';
import type { Redact } from './report.ts';
import { failureLine } from './report.ts';
import type { CheckResult } from './watch.ts';

/** What XML 1.0 may hold (section 2.2, Char); all else would make the file no XML. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Returns foreign text as it may stand in an attribute or an element; line ends in attributes would become spaces. */
const inXml = (text: string): string =>
  text
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
    .replace(/[\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const attributes = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${inXml(value)}"`)
    .join('');

const caseOf = (result: CheckResult, redact: Redact): string => {
  const { check, outcome, failures, attempts, durationMs } = result;
  const head = { name: redact(check.name), classname: hostOf(check), time: seconds(durationMs) };
  if (outcome === 'passed') return `    <testcase${attributes(head)}/>`;
  const message =
    failureLine(failures, redact) || (outcome === 'cancelled' ? 'the run was cancelled' : 'it did not pass');
  const kind = outcome === 'cancelled' ? 'error' : 'failure';
  const type = failures[0]?.assertion ?? outcome;
  const text = `${redact(check.url.href)}: ${message} (attempts: ${attempts})`;
  return [
    `    <testcase${attributes(head)}>`,
    `      <${kind}${attributes({ message, type: redact(type) })}>${inXml(text)}</${kind}>`,
    '    </testcase>',
  ].join('\n');
};

const hostOf = ({ url }: Check): string => `smoke.${url.host}`;

/** Returns the results as JUnit XML: one suite, one case per check in their order. `startedAt` in milliseconds. */
export const renderJunit = (results: readonly CheckResult[], startedAt: number, redact: Redact): string => {
  const count = (outcome: CheckResult['outcome']): string =>
    String(results.filter((result) => result.outcome === outcome).length);
  const totals = {
    name: 'smoke-test',
    tests: String(results.length),
    failures: count('failed'),
    errors: count('cancelled'),
    skipped: '0',
    time: seconds(Math.max(0, ...results.map(({ durationMs }) => durationMs))),
  };
  const timestamp = new Date(startedAt).toISOString().slice(0, 19);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(totals)}>`,
    `  <testsuite${attributes({ ...totals, timestamp })}>`,
    ...results.map((result) => caseOf(result, redact)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
};
