import type { QueryService } from '../dispatcher.ts';
import type { Timeline } from '../timeline.ts';
import { alarmApi } from './alarm-api.ts';
import type { AlarmState } from './alarm-state.ts';
import type { AlarmChange } from './alarms.ts';
import { Alarms } from './alarms.ts';
import type { DataStatus } from './metric-api.ts';
import { metricApi } from './metric-api.ts';
import type { MetricKey } from './metric-store.ts';
import { MetricStore } from './metric-store.ts';

export interface LocalAlarms {
  /** Undefined for an alarm that does not exist. */
  state(name: string): AlarmState | undefined;
  /** Holds an alarm in a state, whatever its metric says, until `release`. Throws when there is no such alarm. */
  hold(name: string, state: AlarmState, reason?: string): void;
  release(name: string): void;
  /** Told of every change; returns a function that ends the subscription. */
  onChange(listener: (change: AlarmChange) => void): () => void;
}

export interface LocalMetrics {
  /** A measurement now; `count` says how often the value was measured. */
  put(key: MetricKey, value: number, options?: { readonly count?: number; readonly unit?: string }): void;
  /** From now on a measurement can be read only after so long, by queries and alarms alike. */
  delay(ms: number): void;
  /** The next `times` calls of GetMetricData have this status on every result, and lack their newest points. */
  answerWith(status: DataStatus, times?: number): void;
}

export interface LocalCloudWatch {
  readonly service: QueryService;
  readonly store: MetricStore;
  readonly alarms: LocalAlarms;
  readonly metrics: LocalMetrics;
}

/** Returns Amazon CloudWatch: metrics and metric alarms. A minute of it lasts `minuteMs`. */
export const createCloudWatch = (timeline: Timeline, minuteMs: number): LocalCloudWatch => {
  const store = new MetricStore();
  const alarms = new Alarms(store, timeline, minuteMs);
  const said: DataStatus[] = [];
  const required = (name: string) => {
    const alarm = alarms.all.get(name);
    if (alarm === undefined) throw new Error(`there is no alarm ${name}`);
    return alarm;
  };
  return {
    service: {
      name: 'cloudwatch',
      targetPrefix: 'GraniteServiceVersion20100801',
      version: '2010-08-01',
      namespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
      json: true,
      operations: {
        ...metricApi({ store, minuteMs, status: () => said.shift() ?? 'Complete' }),
        ...alarmApi(alarms),
      },
    },
    store,
    alarms: {
      state: (name) => alarms.all.get(name)?.state,
      hold: (name, state, reason = `Held in ${state}`) => {
        const alarm = required(name);
        alarm.pinned = true;
        alarms.set(alarm, state, reason);
      },
      release: (name) => {
        required(name).pinned = false;
      },
      onChange: (listener) => alarms.onChange(listener),
    },
    metrics: {
      put: (key, value, options = {}) => store.put(key, { at: timeline.now(), value, ...options }),
      delay: (ms) => {
        store.delayMs = ms;
      },
      answerWith: (status, times = 1) => said.push(...Array.from({ length: times }, () => status)),
    },
  };
};
