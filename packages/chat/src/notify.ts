import { asOpsError, OpsError, tell } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { bold, code, link, Summary, text } from '@hospital-ops/action-kit/summary';
import type { Findings, MessageInputs, RunFacts, Time } from './compose.ts';
import { composeMessage, decideStatus } from './compose.ts';
import type { Changelog, ChatMessage, FailedJob } from './message.ts';
import { cleanMessage } from './message.ts';
import type { Renderer } from './send.ts';
import { sendMessage } from './send.ts';
import type { ParsedServices } from './services.ts';
import { parseServices } from './services.ts';
import { styleOf } from './status.ts';
import type { Transport } from './transport.ts';

/** Outputs of notify-slack and notify-discord. */
export const NOTIFY_OUTPUTS = ['sent', 'message-id', 'error'] as const;

export interface NotifyDeps<Payload> {
  /** `Slack` or `Discord`. */
  readonly service: string;
  /** Undefined when nothing usable is configured. */
  readonly transport: Transport<Payload> | undefined;
  readonly render: Renderer<Payload>;
  readonly run: RunFacts;
  /** The failed jobs of this run so far; undefined where the API cannot be asked. */
  readonly failedJobs: (() => Promise<readonly FailedJob[]>) | undefined;
  readonly changelog: ((from: string) => Promise<Changelog>) | undefined;
  /** Milliseconds since the epoch at which this run began. */
  readonly startedAt: (() => Promise<number | undefined>) | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  redact(text: string): string;
  readonly log: Log;
}

const servicesOf = (result: string | undefined, redact: (text: string) => string): ParsedServices =>
  // Redacted before it is parsed, as long log lines are cut there.
  result === undefined ? { services: [], problems: [] } : parseServices(redact(result));

/** Asks for what is only good to have: without it the message is poorer, and the log says why. */
const optional = async <T>(ask: () => Promise<T>, missing: T, what: string, log: Log): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    log.warning(`The message leaves out ${what}: ${tell(error)}`);
    return missing;
  }
};

/** Of the run, when it began is asked but for the first message of a release, which begins now. */
const runBegunAt = async <P>(inputs: MessageInputs, { startedAt, log }: NotifyDeps<P>): Promise<number | undefined> => {
  if (inputs.status === 'in-progress') return undefined;
  try {
    return await startedAt?.();
  } catch (error) {
    log.debug(`The message leaves out the duration: ${tell(error)}`);
    return undefined;
  }
};

/** A message that carries on an earlier one tells by its id when the release began. */
const timeOf = async <P>(inputs: MessageInputs, deps: NotifyDeps<P>): Promise<Time | undefined> => {
  const { duration, messageIds } = inputs;
  if (duration !== undefined) return { of: 'release', seconds: duration };
  const since = (of: Time['of'], begun: number | undefined): Time | undefined => {
    const seconds = begun === undefined ? Number.NaN : (deps.now() - begun) / 1000;
    return seconds >= 0 ? { of, seconds } : undefined;
  };
  if (messageIds !== undefined) return since('release', deps.transport?.postedAt(messageIds.main));
  return since('run', await runBegunAt(inputs, deps));
};

const findOut = async <P>(inputs: MessageInputs, deps: NotifyDeps<P>): Promise<Findings> => {
  const { log } = deps;
  const { services, problems } = servicesOf(inputs.result, deps.redact);
  for (const problem of problems) log.warning(`\`result\` could not be read in full: ${problem}.`);
  const { failedJobs: listJobs, changelog: compare } = deps;
  const { changelogFrom } = inputs;
  const attention = styleOf(decideStatus(inputs.status, services)).attention;
  const [failedJobs, changelog, time] = await Promise.all([
    inputs.failedJobs && attention && listJobs ? optional(listJobs, [], 'the failed jobs', log) : [],
    changelogFrom !== undefined && compare
      ? optional(() => compare(changelogFrom), undefined, 'the changes', log)
      : undefined,
    timeOf(inputs, deps),
  ]);
  return { services, failedJobs, changelog, time };
};

const summaryOf = (service: string, message: ChatMessage, sent: string): Summary => {
  const summary = new Summary().heading(`${service} message`).paragraph(bold(message.title), text(sent));
  return summary.table(
    ['Part', 'Value'],
    message.fields.map(({ name, value, url }) => [text(name), url === undefined ? code(value) : link(value, url)]),
  );
};

const skipped = (service: string, log: Log): ActionResult => {
  const why = `No ${service} webhook is configured, so no message was sent.`;
  log.notice(`${why} Runs of forks see no secrets; elsewhere set the secret that \`webhook-url\` takes.`);
  return {
    outputs: { sent: 'false', 'message-id': '', error: '' },
    summary: new Summary().heading(`${service} message`).paragraph(text(why)),
  };
};

const notSent = (service: string, said: string, message: ChatMessage | undefined, failure: OpsError | undefined) => {
  const what = `was not confirmed as sent: ${said}`;
  const summary = message
    ? summaryOf(service, message, what)
    : new Summary().heading(`${service} message`).paragraph(text(what));
  return { outputs: { sent: 'false', 'message-id': '', error: said }, summary, failure };
};

/** Says what the chat cannot do of what was asked for; the message is sent all the same. */
const tellDoubts = <P>(inputs: MessageInputs, transport: Transport<P>, log: Log): void => {
  for (const doubt of inputs.doubts) log.warning(doubt);
  if (inputs.messageIds && !transport.update) {
    log.warning('`message-id` needs `bot-token`: a webhook cannot update, so a new message is posted.');
  }
  if (inputs.thread && !transport.threads(inputs.messageIds?.main)) {
    log.info(
      'There is no thread that this message could open, so the details of a failure stand in the message itself.',
    );
  }
};

/**
 * Composes, renders and sends one message. What keeps it from being sent is a warning, `sent: false` and `error`, and a
 * failure of the step only with `failOnError`; what is merely missing in it (jobs, changes) is a warning.
 */
export const notify = async <P>(inputs: MessageInputs, deps: NotifyDeps<P>): Promise<ActionResult> => {
  const { service, transport, render, log, redact } = deps;
  const { unusable, failOnError } = inputs;
  const fail = (error: unknown, message?: ChatMessage): ActionResult => {
    const said = redact(tell(error));
    if (!failOnError) log.warning(said, { title: `${service} message was not sent` });
    return notSent(service, said, message, failOnError ? asOpsError(error) : undefined);
  };
  if (unusable !== undefined) {
    const next = 'correct the secret that it is taken from.';
    return fail(new OpsError({ what: `the credential for ${service} was refused.`, why: unusable, next }));
  }
  if (transport === undefined) return skipped(service, log);
  tellDoubts(inputs, transport, log);
  const message = cleanMessage(composeMessage(inputs, deps.run, await findOut(inputs, deps)), redact);
  try {
    const options = { ids: inputs.messageIds, thread: inputs.thread };
    const { id, problem = '' } = await sendMessage(message, options, { service, transport, render, log });
    log.info(`${service} took the message: ${message.title}`);
    return {
      outputs: { sent: 'true', 'message-id': id, error: redact(problem) },
      summary: summaryOf(service, message, 'was sent.'),
    };
  } catch (error) {
    return fail(error, message);
  }
};
