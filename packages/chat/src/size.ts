/** How much of each part of a message is shown: counts of items, and UTF-16 units of their texts. */
export interface Size {
  readonly text: number;
  readonly fields: number;
  readonly fieldValue: number;
  readonly services: number;
  readonly reason: number;
  readonly log: number;
  readonly jobs: number;
  readonly commits: number;
}
