import type { Timeline } from '../timeline.ts';
import type { AlarmState, MissingData } from './alarm-state.ts';
import { comparison, EXTRA_PERIODS, judgeAlarm } from './alarm-state.ts';
import type { MetricStore } from './metric-store.ts';
import { visibleTo } from './metric-store.ts';
import type { Query } from './query.ts';
import { answerQueries } from './query.ts';
import { periodsOf } from './series.ts';

/** A metric alarm as it was put, with what became of it. Times are milliseconds since the epoch. */
export interface Alarm {
  readonly name: string;
  readonly arn: string;
  /** The request, verbatim, for what is only given back. */
  request: Readonly<Record<string, unknown>>;
  /** What is watched: the query that returns data decides. */
  queries: readonly Query[];
  /** Seconds. */
  period: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  missing: MissingData;
  operator: string;
  threshold: number;
  configuredAt: number;
  state: AlarmState;
  reason: string;
  reasonData: string | undefined;
  /** Since when it is in this state. */
  since: number;
  updatedAt: number;
  /** Held in its state until it is let go. */
  pinned: boolean;
}

export interface AlarmChange {
  readonly name: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly at: number;
}

const shown = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

const reasonOf = (alarm: Alarm, state: AlarmState, data: ReadonlyArray<number | undefined>): string => {
  const real = data.filter((value) => value !== undefined).slice(-alarm.evaluationPeriods);
  const unknown = alarm.evaluationPeriods - real.length;
  if (state === 'INSUFFICIENT_DATA' || real.length === 0) {
    const what = `${unknown} datapoint${unknown === 1 ? ' was' : 's were'} unknown`;
    return state === 'INSUFFICIENT_DATA'
      ? `Insufficient Data: ${what}.`
      : `Threshold Crossed: no datapoints were received for ${unknown} period${unknown === 1 ? '' : 's'} and ${unknown} missing datapoint${unknown === 1 ? ' was' : 's were'} treated as [${alarm.missing === 'breaching' ? 'Breaching' : 'NonBreaching'}].`;
  }
  const { holds, words = '' } = comparison(alarm.operator) ?? {};
  const counted = real.filter((value) => holds?.(value, alarm.threshold) === (state === 'ALARM'));
  return `Threshold Crossed: ${counted.length} out of the last ${real.length} datapoints [${counted.map(shown).join(', ')}] ${counted.length === 1 ? 'was' : 'were'} ${state === 'ALARM' ? '' : 'not '}${words} the threshold (${shown(alarm.threshold)}).`;
};

/** Evaluates alarms at the end of every period, at most once in a minute of this world ("Alarm evaluation"). */
export class Alarms {
  readonly all = new Map<string, Alarm>();
  readonly #store: MetricStore;
  readonly #timeline: Timeline;
  readonly #minuteMs: number;
  readonly #listeners = new Set<(change: AlarmChange) => void>();
  #ticking = false;

  constructor(store: MetricStore, timeline: Timeline, minuteMs: number) {
    this.#store = store;
    this.#timeline = timeline;
    this.#minuteMs = minuteMs;
  }

  onChange(listener: (change: AlarmChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Throws AwsFault, and keeps nothing, for an expression that cannot be worked out. */
  put(alarm: Alarm): void {
    this.#data(alarm);
    this.all.set(alarm.name, alarm);
    if (this.#ticking) return;
    this.#ticking = true;
    this.#tick();
  }

  set(alarm: Alarm, state: AlarmState, reason: string, reasonData?: string): void {
    const now = this.#timeline.now();
    const from = alarm.state;
    Object.assign(alarm, { state, reason, reasonData, updatedAt: now });
    if (from === state) return;
    alarm.since = now;
    for (const listener of this.#listeners) listener({ name: alarm.name, from, to: state, reason, at: now });
  }

  #tick(): void {
    const now = this.#timeline.now();
    const step = this.#minuteMs;
    this.#timeline.after(Math.floor(now / step) * step + step - now, () => {
      for (const alarm of this.all.values()) if (!alarm.pinned) this.#evaluate(alarm);
      this.#ticking = this.all.size > 0;
      if (this.#ticking) this.#tick();
    });
  }

  /** The newest data points, oldest first; throws AwsFault for an expression that cannot be worked out. */
  #data({ period, evaluationPeriods, queries }: Alarm): Array<number | undefined> {
    const now = this.#timeline.now();
    const length = (period / 60) * this.#minuteMs;
    const to = Math.floor(now / length) * length;
    const visible = visibleTo(this.#store, now);
    const span = {
      from: to - (evaluationPeriods + EXTRA_PERIODS) * length,
      to,
      minuteMs: this.#minuteMs,
      visibleTo: visible,
    };
    const answers = answerQueries(this.#store, queries, span);
    const [series] = answers.find(({ query }) => query.ReturnData !== false)?.series ?? [];
    return periodsOf(span, period).map((start) => series?.points.get(start));
  }

  #evaluate(alarm: Alarm): void {
    const data = this.#data(alarm);
    const { holds } = comparison(alarm.operator) ?? {};
    const rule = { ...alarm, breaches: (value: number) => holds?.(value, alarm.threshold) === true };
    const state = judgeAlarm(rule, data);
    if (state !== undefined && state !== alarm.state) this.set(alarm, state, reasonOf(alarm, state, data));
  }
}
