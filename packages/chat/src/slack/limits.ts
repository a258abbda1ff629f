import type { Size } from '../size.ts';

/**
 * Slack's limits, in UTF-16 units (docs.slack.dev, reference/block-kit/blocks and messaging). Blocks beyond them are
 * answered by `invalid_blocks`, and nothing is posted.
 */
export const SLACK = {
  blocks: 50,
  headerText: 150,
  sectionText: 3_000,
  sectionFields: 10,
  fieldText: 2_000,
  /** Advised length of the fallback text; 40,000 is where Slack cuts it. */
  text: 4_000,
  /** Not documented: messages of about 13,200 characters in all are refused (slackapi/bolt-js#2509). */
  total: 12_000,
} as const;

/** Stays inside the total whatever the message holds. */
const SMALLEST: Size = {
  text: 300,
  fields: 10,
  fieldValue: 60,
  services: 5,
  quiet: 5,
  reason: 120,
  log: 150,
  jobs: 3,
  commits: 3,
  links: 3,
};

const GENEROUS: Size = {
  text: 2_900,
  fields: 20,
  fieldValue: 600,
  services: 20,
  quiet: 20,
  reason: 600,
  log: 1_500,
  jobs: 15,
  commits: 15,
  links: 3,
};

/** From generous to what always fits; the first that stays inside the total is taken. */
export const SIZES: readonly [...Size[], Size] = [
  // The reason of a hotfix or roll-back is a field, and may be as long as its record keeps it.
  { ...GENEROUS, fieldValue: 1_000 },
  GENEROUS,
  {
    text: 2_000,
    fields: 20,
    fieldValue: 200,
    services: 15,
    quiet: 15,
    reason: 300,
    log: 700,
    jobs: 10,
    commits: 10,
    links: 3,
  },
  {
    text: 800,
    fields: 10,
    fieldValue: 120,
    services: 8,
    quiet: 10,
    reason: 200,
    log: 300,
    jobs: 5,
    commits: 5,
    links: 3,
  },
  SMALLEST,
];
