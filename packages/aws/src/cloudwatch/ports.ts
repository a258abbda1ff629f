/** A metric or composite alarm as it is now. */
export interface Alarm {
  readonly name: string;
  /** OK, ALARM, INSUFFICIENT_DATA; other words are kept as they are, `''` when the answer named none. */
  readonly state: string;
  /** Foreign text; empty when none was given. */
  readonly reason: string;
  /** `AWS/ApplicationELB HTTPCode_Target_5XX_Count`; undefined for composite alarms and those on expressions. */
  readonly metric: string | undefined;
  /** breaching, notBreaching, ignore, missing (the default of AWS); undefined for composite alarms. */
  readonly missingData: string | undefined;
}

export interface MetricQuery {
  /** Begins with a small letter; letters, digits and `_` (API_MetricDataQuery). */
  readonly id: string;
  /** Metric math that needs no other query: SEARCH within an aggregate, or a Metrics Insights query. */
  readonly expression: string;
}

export interface MetricWindow {
  /** Milliseconds since the epoch; data points that begin at `from` or later and before `to` are looked at. */
  readonly from: number;
  readonly to: number;
  readonly periodSeconds: number;
}

/** What an expression came to. */
export type MetricReading =
  /** The newest data point; `at` is where its period begins, in milliseconds since the epoch. May be NaN or infinite. */
  | { readonly kind: 'value'; readonly value: number; readonly at: number }
  | { readonly kind: 'no-data' }
  /** CloudWatch did not answer it whole; `reason` is foreign text. */
  | { readonly kind: 'incomplete'; readonly reason: string };

/** The CloudWatch calls that the suite makes. Methods throw AwsError. */
export interface CloudWatch {
  /** Any number of names, asked in batches of 100. An alarm that does not exist is absent from the map. */
  alarms(names: readonly string[]): Promise<ReadonlyMap<string, Alarm>>;
  /** Any number of queries, asked in batches of 100. Holds a reading for every id that was asked. */
  evaluate(queries: readonly MetricQuery[], window: MetricWindow): Promise<ReadonlyMap<string, MetricReading>>;
}
