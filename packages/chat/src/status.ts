/** How a status looks and reads. `attention` is what `mention-on-failure` goes by. */
export interface StatusStyle {
  /** Follows what was released: `hospital-ops 1.1.0 → production: rolled back`. */
  readonly words: string;
  /** 24-bit RGB, as Discord wants it. */
  readonly colour: number;
  readonly emoji: string;
  readonly attention: boolean;
}

const GREEN = 0x2e_b6_7d;
const BLUE = 0x36_7b_f5;
const GREY = 0x8b_94_9e;
const YELLOW = 0xec_b2_2e;
const ORANGE = 0xe8_6f_1a;
const RED = 0xe0_1e_5a;

/**
 * Every status of a job, every outcome of ecs-deploy, and `in-progress` for a release that is under way; from the best to
 * the worst.
 */
export const STATUSES = {
  unchanged: { words: 'nothing to change', colour: GREEN, emoji: '☑️', attention: false },
  success: { words: 'succeeded', colour: GREEN, emoji: '✅', attention: false },
  deployed: { words: 'deployed', colour: GREEN, emoji: '✅', attention: false },
  skipped: { words: 'skipped', colour: GREY, emoji: '⏭️', attention: false },
  started: { words: 'started, its end was not awaited', colour: BLUE, emoji: '🚀', attention: false },
  paused: { words: 'paused, waiting to be continued', colour: BLUE, emoji: '⏸️', attention: false },
  'in-progress': { words: 'in progress', colour: BLUE, emoji: '⏳', attention: false },
  superseded: { words: 'superseded by another deployment', colour: YELLOW, emoji: '⏩', attention: false },
  cancelled: { words: 'cancelled', colour: GREY, emoji: '🚫', attention: false },
  failure: { words: 'failed', colour: RED, emoji: '❌', attention: true },
  failed: { words: 'failed', colour: RED, emoji: '❌', attention: true },
  timeout: { words: 'timed out', colour: ORANGE, emoji: '⌛', attention: true },
  'rolled-back': { words: 'rolled back', colour: ORANGE, emoji: '↩️', attention: true },
  unknown: { words: 'outcome unknown', colour: YELLOW, emoji: '❓', attention: true },
  'rollback-failed': { words: 'could not be rolled back', colour: RED, emoji: '🔥', attention: true },
} as const satisfies Record<string, StatusStyle>;

export type ChatStatus = keyof typeof STATUSES;

export const STATUS_NAMES = Object.keys(STATUSES) as readonly ChatStatus[];

export const isStatus = (text: string): text is ChatStatus => Object.hasOwn(STATUSES, text);

export const styleOf = (status: ChatStatus): StatusStyle => STATUSES[status];

/** Returns the worst of `statuses`; an empty list is `unknown`, never a success. */
export const worstOf = (statuses: readonly ChatStatus[]): ChatStatus =>
  STATUS_NAMES.findLast((name) => statuses.includes(name)) ?? 'unknown';
