/** Where a build failed, in the builder's own words. */
export interface FailedStep {
  /** `deps 2/4`; empty where the builder does not say. */
  readonly stage: string;
  /** `RUN npm ci`. */
  readonly step: string;
  /** The last lines of that step. */
  readonly lines: readonly string[];
}

const LINES = 40;

/** `#7 [deps 2/4] RUN npm ci` opens a step of BuildKit's plain progress; `#7 0.123 text` is its output. */
const STEP = /^#(\d+) \[([^\]]+)\] (.+)$/;
const ERROR = /^#(\d+) ERROR: /;
const OUTPUT = /^#(\d+) (?:\d+\.\d+ )?(.*)$/;

const ofBuildKit = (lines: readonly string[]): FailedStep | undefined => {
  const failed = lines.map((line) => ERROR.exec(line)?.[1]).findLast((id) => id !== undefined);
  if (failed === undefined) return undefined;
  const [, , stage = '', step = ''] =
    lines.map((line) => STEP.exec(line)).findLast((match) => match?.[1] === failed) ?? [];
  // The end of the log repeats the name, for a step whose beginning was too long ago.
  const [, place = '', again = ''] = lines.map((line) => /^ > \[([^\]]+)\] (.+):$/.exec(line)).findLast(Boolean) ?? [];
  const own = lines.flatMap((line) => {
    const [, id, text = ''] = OUTPUT.exec(line) ?? [];
    return id === failed && !STEP.test(line) ? [text] : [];
  });
  const name = (stage || place).replace(/^(?:internal|auth)$/, '');
  return step === '' && again === '' ? undefined : { stage: name, step: step || again, lines: own.slice(-LINES) };
};

/** The engine's own builder numbers its steps: `Step 3/5 : RUN npm ci`. */
const ofEngine = (lines: readonly string[]): FailedStep | undefined => {
  const at = lines.findLastIndex((line) => /^Step \d+\/\d+ : /.test(line));
  if (at < 0) return undefined;
  const step = (lines[at] ?? '').replace(/^Step \d+\/\d+ : /, '');
  const from = lines.slice(0, at + 1).findLast((line) => /^Step \d+\/\d+ : FROM /i.test(line)) ?? '';
  const stage = / as (\S+)\s*$/i.exec(from)?.[1] ?? '';
  const own = lines.slice(at + 1).filter((line) => !/^ ---> /.test(line));
  return { stage, step, lines: own.slice(-LINES) };
};

/** Returns the step that failed, from the log of a build; undefined where the failure was in none. */
export const failedStep = (lines: readonly string[]): FailedStep | undefined => ofBuildKit(lines) ?? ofEngine(lines);
