import * as core from '@actions/core';
import type { Secrets } from './secrets.ts';
import { neutralize, neutralizeToLine } from './untrusted.ts';

export interface AnnotationPlace {
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
}

/**
 * The way to the log. Every line is made inert on its way, so foreign text may be passed as it is. `notice`, `warning`
 * and `error` are annotations; the runner keeps ten of each per step, so the eleventh and later become plain lines.
 */
export interface Log {
  info(text: string): void;
  debug(text: string): void;
  notice(text: string, place?: AnnotationPlace): void;
  warning(text: string, place?: AnnotationPlace): void;
  error(text: string, place?: AnnotationPlace): void;
  /** Runs `body` with its lines folded under `title`; the fold ends also when it throws. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
}

/** The runner's own limits (ExecutionContext.cs): annotations per type and step, and characters per message. */
const MAX_ANNOTATIONS = 10;
const MAX_ANNOTATION_LENGTH = 4_000;

type Level = 'notice' | 'warning' | 'error';

const shorten = (text: string): string =>
  text.length <= MAX_ANNOTATION_LENGTH
    ? text
    : `${text.slice(0, MAX_ANNOTATION_LENGTH).replace(/[\ud800-\udbff]$/, '')}…`;

/** The log of a run on a runner: stdout, with workflow commands for annotations and groups. */
export const createLog = (secrets: Secrets): Log => {
  const used: Record<Level, number> = { notice: 0, warning: 0, error: 0 };
  const line = (text: string) => process.stdout.write(`${neutralize(secrets.redact(text))}\n`);
  const annotate = (level: Level, text: string, place: AnnotationPlace = {}) => {
    const safe = neutralize(secrets.redact(text));
    used[level] += 1;
    if (used[level] > MAX_ANNOTATIONS) return void process.stdout.write(`${level}: ${safe}\n`.replace(/^::/, ' ::'));
    core[level](shorten(safe), {
      ...(place.title === undefined ? {} : { title: neutralizeToLine(place.title, 200) }),
      ...(place.file === undefined ? {} : { file: place.file }),
      ...(place.line === undefined ? {} : { startLine: place.line }),
    });
  };
  return {
    info: line,
    debug: (text) => core.debug(neutralize(secrets.redact(text))),
    notice: (text, place) => annotate('notice', text, place),
    warning: (text, place) => annotate('warning', text, place),
    error: (text, place) => annotate('error', text, place),
    group: async (title, body) => {
      core.startGroup(neutralizeToLine(secrets.redact(title), 200));
      try {
        return await body();
      } finally {
        core.endGroup();
      }
    },
  };
};

/** A log for tests: keeps what was said, level first (`warning: …`). */
export const createMemoryLog = (): Log & { readonly lines: string[] } => {
  const lines: string[] = [];
  const say = (level: string) => (text: string) => void lines.push(level === 'info' ? text : `${level}: ${text}`);
  return {
    lines,
    info: say('info'),
    debug: say('debug'),
    notice: say('notice'),
    warning: say('warning'),
    error: say('error'),
    group: (title, body) => {
      lines.push(`group: ${title}`);
      return body();
    },
  };
};
