import { randomBytes } from 'node:crypto';

export interface Settings {
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
}

const random = (): string => randomBytes(12).toString('hex');

/** What a secret or variable of this name would hold; undefined when its name does not tell. */
const valueFor = (name: string, accountId: string): string | undefined => {
  if (/CHANNEL/.test(name)) return 'releases';
  if (/SLACK.*TOKEN/.test(name)) return `xoxb-${random()}`;
  if (/SLACK/.test(name))
    return `https://hooks.slack.com/services/T${random().slice(0, 8)}/B${random().slice(0, 8)}/${random()}`;
  if (/DISCORD/.test(name)) return `https://discord.com/api/webhooks/1000000000000000001/${random()}${random()}`;
  if (/ROLE/.test(name)) return `arn:aws:iam::${accountId}:role/deploy`;
  return /ACCOUNT/.test(name) ? accountId : undefined;
};

const namesIn = (text: string, context: 'secrets' | 'vars'): string[] => [
  ...new Set(
    [...text.matchAll(new RegExp(`\\b${context}\\.([A-Za-z_][A-Za-z0-9_]*)`, 'g'))].map(([, name = '']) => name),
  ),
];

/**
 * Returns values for the secrets and variables that a workflow reads, made up for this run: chat webhooks, tokens and channels, AWS roles and
 * account ids are told by name; others stay empty, as on GitHub when nobody has set them.
 */
export const makeSettings = (workflow: string, accountId: string): Settings => {
  const values = (context: 'secrets' | 'vars') =>
    Object.fromEntries(
      namesIn(workflow, context).flatMap((name) => {
        const value = valueFor(name.toUpperCase(), accountId);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  return { secrets: values('secrets'), vars: values('vars') };
};
