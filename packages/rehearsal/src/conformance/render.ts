import type { StandIn } from '../runner/stand-in.ts';
import type { Feature } from './features.ts';
import { SECTIONS } from './features.ts';

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const table = (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const featureRow = ({ name, support, test: [file], difference = '' }: Feature): string[] => [
  name,
  support,
  `[${file}](../test/rehearsal/runner/${file}.test.ts)`,
  difference,
];

/** Returns docs/rehearsal-conformance.md. */
export const renderConformance = (
  standIns: readonly StandIn[],
): string => `# What the rehearsal's runner does as GitHub does

Made by \`npm run docs\`. What is refused is refused by name, with file and line, before anything runs; what stands nowhere
here has no test.

${SECTIONS.map(({ title, features }) => `## ${title}\n\n${table(['feature', 'support', 'tested by', 'difference'], features.map(featureRow))}`).join('\n\n')}

## Third-party actions

An input that the real action does not have is a mistake; one that nothing here could honour is refused by name.

${table(
  ['action', 'in the rehearsal', 'what the real one does besides', 'inputs that are refused'],
  standIns.map(({ uses, replaces, lacks = '', others = [] }) => [
    `\`${uses}\``,
    replaces,
    lacks,
    others.map((name) => `\`${name}\``).join(', '),
  ]),
)}
`;
