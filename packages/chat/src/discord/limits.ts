import type { Size } from '../size.ts';

/**
 * Discord's limits, inclusive (discord.com/developers/docs/resources/message, embed limits). One character too many and
 * the whole message is refused.
 */
export const DISCORD = {
  content: 2_000,
  title: 256,
  description: 4_096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  /** Name of a thread or forum post (resources/webhook, execute webhook; resources/channel, 1-100 characters). */
  threadName: 100,
  /** Sum of titles, descriptions, field names and values, footers and authors over all embeds of a message. */
  total: 6_000,
} as const;

/** Stays inside the total whatever the message holds. */
const SMALLEST: Size = {
  text: 200,
  fields: 8,
  fieldValue: 50,
  services: 3,
  quiet: 3,
  reason: 60,
  log: 100,
  jobs: 2,
  commits: 2,
  links: 1,
};

const GENEROUS: Size = {
  text: 2_000,
  fields: 12,
  fieldValue: 500,
  services: 8,
  quiet: 10,
  reason: 250,
  log: 450,
  jobs: 6,
  commits: 8,
  links: 4,
};

/** From generous to what always fits; the first that stays inside the total is taken. */
export const SIZES: readonly [...Size[], Size] = [
  // The reason of a hotfix or roll-back is a field, and may be as long as its record keeps it.
  { ...GENEROUS, fieldValue: 1_000 },
  GENEROUS,
  {
    text: 1_000,
    fields: 12,
    fieldValue: 200,
    services: 6,
    quiet: 8,
    reason: 200,
    log: 300,
    jobs: 5,
    commits: 5,
    links: 4,
  },
  {
    text: 400,
    fields: 10,
    fieldValue: 80,
    services: 5,
    quiet: 6,
    reason: 100,
    log: 150,
    jobs: 3,
    commits: 3,
    links: 4,
  },
  SMALLEST,
];
