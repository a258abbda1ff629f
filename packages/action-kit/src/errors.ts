import { neutralize, neutralizeToLine } from './untrusted.ts';

/** What an error tells its reader: what happened, why, what to do next, and where to read more. */
export interface Explanation {
  /** One sentence that names the object: `service "api" in cluster "production" was rolled back to api:41.` */
  readonly what: string;
  readonly why?: string | undefined;
  readonly next?: string | undefined;
  /** An anchor in the README of the action that fails (`README#rolled-back`), or a page of the suite's repository. */
  readonly docs?: string | undefined;
  readonly cause?: unknown;
}

/** The one error form of the suite; inputs and answers that it repeats are made inert text. Subclasses exist only where a caller treats them differently. */
export class OpsError extends Error {
  readonly what: string;
  readonly why: string | undefined;
  readonly next: string | undefined;
  readonly docs: string | undefined;

  constructor(explanation: Explanation) {
    const what = neutralizeToLine(explanation.what);
    super(what, explanation.cause === undefined ? {} : { cause: explanation.cause });
    this.name = new.target.name;
    this.what = what;
    this.why = explanation.why === undefined ? undefined : neutralize(explanation.why);
    this.next = explanation.next === undefined ? undefined : neutralize(explanation.next);
    this.docs = explanation.docs;
  }
}

/** The user's YAML is wrong: every problem found, each naming the input, the value and what is accepted. */
export class InputError extends OpsError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super({
      what: problems.length === 1 ? 'an input is not valid.' : `the inputs are not valid: ${problems.length} problems.`,
      why: problems.map((problem) => `\n  - ${problem}`).join(''),
      next: "correct them in the step's `with:`.",
      docs: 'README#inputs',
    });
    this.problems = problems;
  }
}

/** An AWS call failed. `missingAction` names the IAM action when access was denied. */
export class AwsError extends OpsError {
  readonly operation: string;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly missingAction: string | undefined;

  constructor(
    details: Explanation & {
      operation: string;
      code: string;
      requestId?: string | undefined;
      missingAction?: string | undefined;
    },
  ) {
    super(details);
    this.operation = details.operation;
    this.code = details.code;
    this.requestId = details.requestId;
    this.missingAction = details.missingAction;
  }
}

/** A wait reached its deadline. `last` is the last thing that was observed, or undefined when nothing was. */
export class TimeoutError extends OpsError {
  readonly last: unknown;

  constructor(details: Explanation & { last: unknown }) {
    super(details);
    this.last = details.last;
  }
}

/** A command-line tool failed. `stderrTail` holds its last lines, foreign text. */
export class ToolError extends OpsError {
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly stderrTail: string;

  constructor(details: Explanation & { command: string; exitCode: number | undefined; stderrTail: string }) {
    super(details);
    this.command = details.command;
    this.exitCode = details.exitCode;
    this.stderrTail = details.stderrTail;
  }
}

/** The run was cancelled while something was being waited for. */
export class CancelledError extends OpsError {
  constructor(what = 'the run was cancelled.') {
    super({ what });
  }
}

const DISK_FULL = ['ENOSPC', 'EDQUOT'];

/** Returns `error` as an OpsError: itself when it is one, else one that keeps its message and cause. */
export const asOpsError = (error: unknown): OpsError => {
  if (error instanceof OpsError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (DISK_FULL.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')) {
    return new OpsError({
      what: 'the disk of this runner is full.',
      why: message,
      next: 'free space before this step, or take a runner with a larger disk.',
      cause: error,
    });
  }
  return new OpsError({
    what: `an unexpected error ended the step: ${message || 'no message was given'}`,
    next: 'run the job again with debug logging; if it stays, report it with the log.',
    cause: error,
  });
};

const HAS_END = /[.!?…:][)"'\u201d]*$/;

/** Returns parts as sentences of one line of thought: each ends before the next begins. Empty ones are left out. */
const sentences = (...parts: ReadonlyArray<string | undefined>): string =>
  parts
    .map((part) => (part ?? '').trim())
    .filter((part) => part !== '')
    .map((part) => (HAS_END.test(part) ? part : `${part}.`))
    .join(' ');

/** Returns what happened and why, without what to do next. */
export const causeOf = (error: unknown): string => {
  const { what, why } = asOpsError(error);
  return sentences(what, why);
};

/** Returns all that an error says, for reasons: `what. why. Next: next.` */
export const tell = (error: unknown): string => {
  const { next } = asOpsError(error);
  return sentences(causeOf(error), next && `Next: ${next}`);
};

/** It goes into chat messages. */
const MAX_REASON = 1_000;

/** Returns all that an error says in one line, for an output. */
export const reasonOf = (error: unknown): string => neutralizeToLine(tell(error), MAX_REASON);

/** Renders an error in the suite's form, one line for each of what, why, next and docs. `pages` is where those are found. */
export const formatError = (action: string, error: OpsError, pages = ''): string =>
  [
    `${action}: ${error.what}`,
    ...(error.why ? [`Why:${error.why.startsWith('\n') ? '' : ' '}${error.why.trimEnd()}`] : []),
    ...(error.next ? [`Next: ${error.next}`] : []),
    ...(error.docs ? [`Docs: ${pages}${error.docs.replace(/^README#/, `actions/${action}/README.md#`)}`] : []),
  ].join('\n');
