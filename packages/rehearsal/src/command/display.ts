import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import type { Conclusion, RunEvent } from '../runner/run-events.ts';

/** Shows a run while it goes on. */
export interface Display {
  /** A line about the stand-ins, before and after the run. */
  say(text: string): void;
  onEvent(event: RunEvent): void;
  close(): void;
}

type Colours = ReturnType<typeof pc.createColors>;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`;

const mark = (colours: Colours, conclusion: Conclusion | 'running'): string =>
  ({
    success: colours.green('✓'),
    failure: colours.red('✗'),
    cancelled: colours.yellow('⊘'),
    skipped: colours.dim('–'),
    running: colours.cyan('●'),
  })[conclusion];

/** One line per event, for pipes and logs. */
const plainDisplay = (write: (text: string) => void, colours: Colours): Display => {
  const started = new Map<string, number>();
  return {
    say: (text) => write(`${text}\n`),
    onEvent: (event) => {
      if (event.type === 'run-started' && event.title !== '') write(`run: ${event.title}\n`);
      if (event.type === 'job-started') {
        started.set(event.job.id, event.time);
        write(`${mark(colours, 'running')} ${event.job.name}\n`);
      } else if (event.type === 'step-finished' && event.conclusion !== 'skipped') {
        write(`  ${mark(colours, event.conclusion)} ${event.step.name} ${colours.dim(seconds(event.durationMs))}\n`);
      } else if (event.type === 'annotation') {
        write(`    ${event.annotation.level}: ${event.annotation.message.replaceAll('\n', '\n    ')}\n`);
      } else if (event.type === 'job-finished') {
        const since = event.time - (started.get(event.job.id) ?? event.time);
        write(
          `${mark(colours, event.conclusion)} ${event.job.name} ${event.conclusion} ${colours.dim(seconds(since))}\n`,
        );
      } else if (event.type === 'run-cancelled') {
        write(`${mark(colours, 'cancelled')} the run was cancelled: ${event.reason}\n`);
      }
    },
    close: () => undefined,
  };
};

interface Line {
  readonly name: string;
  state: Conclusion | 'running';
  readonly startedAt: number;
  endedAt: number | undefined;
  /** The newest line of the step's log. */
  last: string;
  /** Errors, warnings and notices. */
  readonly remarks: string[];
  readonly children: Map<number, Line>;
}

const newLine = (name: string, startedAt: number): Line => ({
  name,
  state: 'running',
  startedAt,
  endedAt: undefined,
  last: '',
  remarks: [],
  children: new Map(),
});

/** A tree of jobs and steps that is drawn anew on every change, ten times a second at most. */
const liveDisplay = (stream: NodeJS.WriteStream, colours: Colours): Display => {
  const draw = createLogUpdate(stream, { showCursor: true });
  const jobs = new Map<string, Line>();
  const width = () => Math.max(20, (stream.columns ?? 100) - 1);
  const render = () => {
    const line = (item: Line, indent: string): string[] => {
      if (item.state === 'skipped') return [];
      const time = colours.dim(seconds((item.endedAt ?? Date.now()) - item.startedAt));
      const first = `${indent}${mark(colours, item.state)} ${item.name} ${time}`;
      const last =
        item.state === 'running' && item.last !== '' ? [colours.dim(`${indent}  ${item.last}`.slice(0, width()))] : [];
      const remarks = item.remarks.map((remark) => `${indent}  ${remark}`);
      return [
        first,
        ...last,
        ...remarks,
        ...[...item.children.values()].flatMap((child) => line(child, `${indent}  `)),
      ];
    };
    draw([...jobs.values()].flatMap((job) => line(job, '')).join('\n'));
  };
  let closed = false;
  const timer = setInterval(render, 100);
  return {
    say: (text) => {
      draw.clear();
      stream.write(`${text}\n`);
    },
    onEvent: (event) => {
      if (event.type === 'job-started') jobs.set(event.job.id, newLine(event.job.name, event.time));
      if (event.type === 'step-started') {
        jobs.get(event.job.id)?.children.set(event.step.number, newLine(event.step.name, event.time));
      }
      if (event.type === 'log' && event.step) {
        const step = jobs.get(event.job.id)?.children.get(event.step.number);
        if (step && event.text.trim() !== '') step.last = event.text.trim();
      }
      if (event.type === 'annotation') {
        const job = jobs.get(event.job.id);
        const item = event.step === undefined ? job : job?.children.get(event.step.number);
        const [line = ''] = event.annotation.message.split('\n');
        item?.remarks.push(`${event.annotation.level}: ${line}`);
      }
      if (event.type === 'step-finished') {
        const step = jobs.get(event.job.id)?.children.get(event.step.number);
        if (step) Object.assign(step, { state: event.conclusion, endedAt: event.time });
      }
      if (event.type === 'job-finished') {
        const job = jobs.get(event.job.id);
        if (job) Object.assign(job, { state: event.conclusion, endedAt: event.time });
      }
    },
    close: () => {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      render();
      draw.done();
    },
  };
};

/** Returns a live tree on a terminal, and plain lines everywhere else. */
export const createDisplay = (stream: NodeJS.WriteStream): Display =>
  stream.isTTY && process.env.CI === undefined
    ? liveDisplay(stream, pc)
    : plainDisplay((text) => void stream.write(text), pc.createColors(false));
