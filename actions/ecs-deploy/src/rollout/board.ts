import type { Clock } from '@hospital-ops/action-kit/clock';
import type { Log } from '@hospital-ops/action-kit/log';

/** What the table of a release says of one service. */
export interface Row {
  readonly name: string;
  /** `api:42`. */
  readonly revision: string;
  /** `2/3 running, 1 pending`. */
  readonly tasks: string;
  /** Rollout state, lifecycle stage, share of the traffic, failed tasks. */
  readonly state: string;
}

/** One table for a release of many services, instead of as many streams of lines. */
export interface Board {
  show(row: Row): void;
  /** The service will not change any more. */
  ended(name: string, how: string): void;
  /** Writes what has changed, now. */
  flush(): void;
}

interface Line {
  row: Row;
  ended: boolean;
  changed: boolean;
}

/** Looks of one moment arrive within this time; they make one table. */
const GATHER_MS = 150;
/** Rows of one table. */
const MAX_ROWS = 25;

const text = ({ revision, tasks, state }: Row): string => `${revision}\0${tasks}\0${state}`;

const aligned = (rows: readonly Row[]): string[] => {
  const width = (cell: (row: Row) => string) => Math.min(50, Math.max(...rows.map((row) => cell(row).length)));
  const [names, revisions, tasks] = [width((r) => r.name), width((r) => r.revision), width((r) => r.tasks)];
  return rows.map((row) =>
    `${row.name.padEnd(names)}  ${row.revision.padEnd(revisions)}  ${row.tasks.padEnd(tasks)}  ${row.state}`.trimEnd(),
  );
};

/** Returns the title and the lines of the table: those that changed first, then others that are on their way. */
export const renderBoard = (lines: readonly Line[], total: number): { title: string; lines: string[] } => {
  const ended = lines.filter((line) => line.ended).length;
  const waiting = total - lines.length;
  const counts = [
    `${ended} of ${total} services ended`,
    `${lines.length - ended} on their way`,
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ];
  const changed = lines.filter((line) => line.changed);
  const others = lines.filter((line) => !line.changed && !line.ended);
  const shown = [...changed, ...others].slice(0, MAX_ROWS);
  const left = changed.length + others.length - shown.length;
  return {
    title: counts.join(', '),
    lines: [...aligned(shown.map(({ row }) => row)), ...(left > 0 ? [`… and ${left} more`] : [])],
  };
};

/** Returns the board of a release of `total` services. A table is written when something changed, folded in the log. */
export const createBoard = (total: number, log: Log, clock: Clock): Board => {
  const lines = new Map<string, Line>();
  let gathering = false;
  const flush = () => {
    if (![...lines.values()].some(({ changed }) => changed)) return;
    const table = renderBoard([...lines.values()], total);
    for (const line of lines.values()) line.changed = false;
    void log.group(table.title, async () => {
      for (const line of table.lines) log.info(line);
    });
  };
  const gather = () => {
    if (gathering) return;
    gathering = true;
    void clock.sleep(GATHER_MS).then(() => {
      gathering = false;
      flush();
    });
  };
  const put = (row: Row, ended: boolean) => {
    const line = lines.get(row.name);
    if (line !== undefined && line.ended === ended && text(line.row) === text(row)) return;
    lines.set(row.name, { row, ended, changed: true });
    gather();
  };
  return {
    show: (row) => put(row, false),
    ended: (name, how) => {
      const line = lines.get(name);
      const row = line?.row ?? { name, revision: '', tasks: '', state: '' };
      put({ ...row, state: how }, true);
    },
    flush,
  };
};
