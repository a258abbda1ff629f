import { asOpsError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { bold, code, link, Summary, text } from '@hospital-ops/action-kit/summary';
import type { Findings, MessageInputs, RunFacts } from './compose.ts';
import { composeMessage, decideStatus } from './compose.ts';
import type { Changelog, ChatMessage, FailedJob } from './message.ts';
import { cleanMessage } from './message.ts';
import type { ParsedServices } from './services.ts';
import { parseServices } from './services.ts';
import { styleOf } from './status.ts';
import type { Transport } from './transport.ts';

/** Outputs of notify-slack and notify-discord. */
export const NOTIFY_OUTPUTS = ['sent', 'message-id', 'error'] as const;

export interface NotifyDeps<Payload> {
  /** `Slack` or `Discord`. */
  readonly service: string;
  /** Undefined when neither webhook nor token is configured. */
  readonly transport: Transport<Payload> | undefined;
  render(message: ChatMessage): Payload;
  readonly run: RunFacts;
  /** The failed jobs of this run so far; undefined where the API cannot be asked. */
  readonly failedJobs: (() => Promise<readonly FailedJob[]>) | undefined;
  readonly changelog: ((from: string) => Promise<Changelog>) | undefined;
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
    const { what: problem, next } = asOpsError(error);
    log.warning(`The message leaves out ${what}: ${problem}${next === undefined ? '' : ` Next: ${next}`}`);
    return missing;
  }
};

const findOut = async <P>(inputs: MessageInputs, deps: NotifyDeps<P>): Promise<Findings> => {
  const { log } = deps;
  const { services, problems } = servicesOf(inputs.result, deps.redact);
  for (const problem of problems) log.warning(`\`result\` could not be read in full: ${problem}.`);
  const { failedJobs: listJobs, changelog: compare } = deps;
  const { changelogFrom } = inputs;
  const attention = styleOf(decideStatus(inputs.status, services)).attention;
  const [failedJobs, changelog] = await Promise.all([
    inputs.failedJobs && attention && listJobs ? optional(listJobs, [], 'the failed jobs', log) : [],
    changelogFrom !== undefined && compare
      ? optional(() => compare(changelogFrom), undefined, 'the changes', log)
      : undefined,
  ]);
  return { services, failedJobs, changelog };
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

/**
 * Composes, renders and sends one message. What keeps it from being sent is a warning, `sent: false` and `error`, and a
 * failure of the step only with `failOnError`; what is merely missing in it (jobs, changes) is a warning.
 */
export const notify = async <P>(inputs: MessageInputs, deps: NotifyDeps<P>): Promise<ActionResult> => {
  const { service, transport, log, redact } = deps;
  if (transport === undefined) return skipped(service, log);
  const message = cleanMessage(composeMessage(inputs, deps.run, await findOut(inputs, deps)), redact);
  try {
    const payload = deps.render(message);
    const { messageId } = inputs;
    const id =
      messageId !== undefined && transport.update
        ? await transport.update(messageId, payload)
        : await transport.post(payload);
    log.info(`${service} took the message: ${message.title}`);
    return {
      outputs: { sent: 'true', 'message-id': id, error: '' },
      summary: summaryOf(service, message, 'was sent.'),
    };
  } catch (error) {
    const failure = asOpsError(error);
    const said = redact([failure.what, failure.why, failure.next && `Next: ${failure.next}`].filter(Boolean).join(' '));
    if (!inputs.failOnError) log.warning(said, { title: `${service} message was not sent` });
    return {
      outputs: { sent: 'false', 'message-id': '', error: said },
      summary: summaryOf(service, message, `was not confirmed as sent: ${said}`),
      failure: inputs.failOnError ? failure : undefined,
    };
  }
};
