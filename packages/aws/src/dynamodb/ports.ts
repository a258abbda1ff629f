/** An attribute's value; numbers are JavaScript's, so no larger integer than 2^53 is kept exactly. */
export type Attribute =
  | string
  | number
  | boolean
  | null
  | readonly Attribute[]
  | { readonly [name: string]: Attribute };

export type Item = Readonly<Record<string, Attribute>>;

/** What of an item tells it from all others of the suite's table: partition key and sort key, both text. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** An expression of DynamoDB with its `:values`; attribute names in it are no reserved words, or `#name` for `name`. */
export interface Condition {
  readonly expression: string;
  readonly values?: Readonly<Record<`:${string}`, string | number>>;
}

/** `before` is the item that stood there, undefined when there was none. */
export type Written =
  | { readonly done: true; readonly before: Item | undefined }
  | { readonly done: false; readonly before: Item | undefined };

export interface Range {
  readonly pk: string;
  /** What sort keys begin with. */
  readonly prefix: string;
  /** At most so many items, the last of the sort order first. */
  readonly limit: number;
  /** Sort key behind which to go on: that of the last item that was read. */
  readonly after?: string | undefined;
}

/** The calls to one DynamoDB table that the suite makes; reads are strongly consistent. Methods throw AwsError. */
export interface Table {
  readonly name: string;
  get(key: Key): Promise<Item | undefined>;
  /**
   * Writes the whole item if the condition holds for what stands at its key. Sent again after a lost response, so the
   * condition has to hold for the item that is written too.
   */
  put(item: Key & Item, condition?: Condition): Promise<Written>;
  /** Deletes the item if the condition holds. Sent again after a lost response: an item that is gone counts as done. */
  remove(key: Key, condition: Condition): Promise<Written>;
  /** Returns items of one partition, newest first where sort keys begin with a time. */
  query(range: Range): Promise<readonly Item[]>;
  /** AWS's time in milliseconds since the epoch; that of the runner before the first answer came. */
  now(): number;
}
