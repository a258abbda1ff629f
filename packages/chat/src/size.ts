/** How much of each part of a message is shown: counts of items, and UTF-16 units of their texts. */
export interface Size {
  readonly text: number;
  readonly fields: number;
  readonly fieldValue: number;
  readonly services: number;
  /** Services of which one line is all there is to tell. */
  readonly quiet: number;
  readonly reason: number;
  readonly log: number;
  readonly jobs: number;
  readonly commits: number;
  readonly links: number;
}

/**
 * Returns what `render` makes of the first of `sizes` that `fits`, or of the last: that one is small enough whatever the
 * message holds. Sizes that are not needed are not rendered.
 */
export const firstThatFits = <T>(
  sizes: readonly [...Size[], Size],
  render: (size: Size) => T,
  fits: (rendered: T) => boolean,
): T => {
  for (const size of sizes.slice(0, -1)) {
    const rendered = render(size);
    if (fits(rendered)) return rendered;
  }
  return render(sizes[sizes.length - 1] as Size);
};
