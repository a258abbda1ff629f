import type { Rehearsed } from './rehearse.ts';

/** The section of the output that says what serves in the end. */
export const serving = ({ output }: Rehearsed): string[] =>
  (output.split('Serving now\n').at(-1) ?? '')
    .split('\n\n')[0]
    ?.split('\n')
    .map((line) => line.trim().replace(/\s{2,}/g, ' ')) ?? [];

export const lastLine = ({ output }: Rehearsed): string => output.trim().split('\n').at(-1) ?? '';

/** What was sent to each chat, as a reader sees it. */
export const messages = ({ output }: Rehearsed): { slack: string; discord: string } => {
  const [, sent = ''] = output.split('Messages that were sent\n');
  const [body = ''] = sent.split('\nServing now\n');
  const parts = body.split(/^ {2}(Slack|Discord):$/m);
  const of = (chat: string): string => parts.filter((_, index) => parts[index - 1] === chat).join('');
  return { slack: of('Slack'), discord: of('Discord') };
};

/** What the titles said of the release that `chat` took, one after another, as the notifiers' logs in the report tell. */
export const stagesToldBy = ({ report }: Rehearsed, chat: 'Slack' | 'Discord'): string[] =>
  [...report.matchAll(new RegExp(`${chat} took the message: [^:\\n]+: ([^\\n<]+)`, 'g'))].map(([, said = '']) =>
    said.trim(),
  );

/** What serves before a production release of the sample. */
export const OLD = [
  'hospital-ops-production-api 1.0.0 hospital-ops-production-api:1 2/2 tasks',
  'hospital-ops-production-web 1.0.0 hospital-ops-production-web:1 2/2 tasks',
  'hospital-ops-production-worker 1.0.0 hospital-ops-production-worker:1 1/1 tasks',
];

/** The digest that staging's build left under the commit, and the one that production's new task definition names. */
export const digestsOf = (report: string, service: string): [string | undefined, string | undefined] => {
  const repository = `hospital-ops-${service}`;
  const log = new RegExp(`is (sha256:[0-9a-f]{64})\\s(?:(?! is sha256)[^])*?${service}: promoted \\S+/${repository}@`);
  const diff = new RegExp(`(?:&quot;|") → (?:&quot;|")[^"&]+/${repository}@(sha256:[0-9a-f]{64})`);
  return [log.exec(report)?.[1], diff.exec(report)?.[1]];
};
