import { formatDuration } from '@hospital-ops/action-kit/duration';
import { clip } from './clip.ts';
import type { Changelog, ChatMessage, FailedJob, Field, Link, Mention, ServiceChange } from './message.ts';
import type { ChatStatus } from './status.ts';
import { STATUS_NAMES, styleOf, worstOf } from './status.ts';
import type { MessageIds } from './transport.ts';
import { servingWords, shortSha } from './wording.ts';

/** What a user asked for, after both actions have read their inputs. */
export interface MessageInputs {
  readonly status: ChatStatus;
  /** What a release that is in progress does, such as `deploying (2/3)`. */
  readonly stage: string | undefined;
  readonly title: string | undefined;
  readonly text: string | undefined;
  readonly fields: readonly Field[];
  readonly environment: string | undefined;
  readonly version: string | undefined;
  /** The full SHA of what was released; undefined is the run's own commit. */
  readonly sha: string | undefined;
  readonly url: string | undefined;
  /** The `services` output of ecs-deploy, foreign text. */
  readonly result: string | undefined;
  /** The message to update. */
  readonly messageIds: MessageIds | undefined;
  /** Why messages cannot be sent: what is configured is refused. */
  readonly unusable: string | undefined;
  /** What of the inputs is left aside. */
  readonly doubts: readonly string[];
  readonly thread: boolean;
  /** Who is mentioned when the status asks for attention. */
  readonly mentions: readonly Mention[];
  readonly changelogFrom: string | undefined;
  /** How long it took, in seconds; undefined where it is to be found out. */
  readonly duration: number | undefined;
  readonly failedJobs: boolean;
  readonly failOnError: boolean;
}

/** What the runner tells of the run; empty texts where it does not. */
export interface RunFacts {
  readonly repository: string;
  readonly workflow: string;
  readonly refName: string;
  readonly sha: string;
  readonly actor: string;
  readonly runNumber: number | undefined;
  readonly runUrl: string | undefined;
  readonly serverUrl: string;
}

export interface Findings {
  readonly services: readonly ServiceChange[];
  readonly failedJobs: readonly FailedJob[];
  readonly changelog: Changelog | undefined;
  readonly time: Time | undefined;
}

/** A length of time, and what of: what is only known of the run holds its builds and approvals too, and is called so. */
export interface Time {
  readonly of: 'release' | 'run';
  readonly seconds: number;
}

/** Returns the worst of what was said and what the services came to, so that a green job cannot hide a rolled-back service. */
export const decideStatus = (said: ChatStatus, services: readonly ServiceChange[]): ChatStatus =>
  worstOf([said, ...services.map(({ outcome }) => outcome)]);

/** What went wrong stands first and is not among "+N more"; of the same outcome those that have a log to tell. */
const worstFirst = (services: readonly ServiceChange[]): ServiceChange[] => {
  const rank = ({ outcome, log }: ServiceChange) => STATUS_NAMES.indexOf(outcome) + (log.length > 0 ? 0.5 : 0);
  return [...services].sort((a, b) => rank(b) - rank(a));
};

const shortName = (repository: string) => repository.slice(repository.lastIndexOf('/') + 1);

/** What became of it, in words: the last thing of a title that may be lost. */
const outcomeWords = ({ stage }: MessageInputs, status: ChatStatus): string =>
  status === 'in-progress' && stage !== undefined ? clip(stage, 60) : styleOf(status).words;

const defaultTitle = (inputs: MessageInputs, run: RunFacts, status: ChatStatus): string => {
  const subject = [shortName(run.repository), inputs.version ?? run.refName].filter((part) => part !== '').join(' ');
  const where = inputs.environment === undefined ? '' : ` → ${clip(inputs.environment, 30)}`;
  return `${clip(subject || run.workflow || 'Run', 50)}${where}: ${outcomeWords(inputs, status)}`;
};

const field = (name: string, value: string | undefined, url?: string): Field[] =>
  value === undefined || value === '' ? [] : [{ name, value, url }];

const timeField = (time: Time | undefined, status: ChatStatus): Field[] => {
  if (time === undefined) return [];
  const words = formatDuration(time.seconds);
  return field(time.of === 'run' ? 'Run took' : 'Duration', status === 'in-progress' ? `${words} so far` : words);
};

/** Returns the message: what the inputs say, and for the rest what is known of the run. */
export const composeMessage = (inputs: MessageInputs, run: RunFacts, findings: Findings): ChatMessage => {
  const { services, failedJobs, changelog, time } = findings;
  const status = decideStatus(inputs.status, services);
  const { attention } = styleOf(status);
  const commit =
    run.sha === '' || run.repository === '' ? undefined : `${run.serverUrl}/${run.repository}/commit/${run.sha}`;
  const links: Link[] = [
    ...(run.runUrl === undefined ? [] : [{ label: 'Workflow run', url: run.runUrl }]),
    ...(inputs.url === undefined ? [] : [{ label: inputs.environment ?? inputs.url, url: inputs.url }]),
  ];
  return {
    status,
    title: inputs.title ?? defaultTitle(inputs, run, status),
    text: inputs.text,
    fields: [
      // The built title says these already.
      ...(inputs.title === undefined
        ? []
        : [
            ...field('Outcome', outcomeWords(inputs, status)),
            ...field('Environment', inputs.environment),
            ...field('Version', inputs.version),
          ]),
      // The first thing that people ask after a failure.
      ...field('Serving now', servingWords(services)).map((serving) => ({ ...serving, wide: true })),
      ...timeField(time, status),
      ...field('By', run.actor),
      ...field('Commit', shortSha(run.sha), commit),
      ...inputs.fields,
    ],
    services: worstFirst(services),
    failedJobs,
    changelog,
    links,
    footer: [run.repository, run.workflow, run.runNumber === undefined ? '' : `#${run.runNumber}`]
      .filter((part) => part !== '')
      .join(' · '),
    mentions: attention ? inputs.mentions : [],
  };
};
