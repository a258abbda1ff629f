/** Returns text as HTML that shows those very characters. */
export const escapeHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** Names of those who are mentioned in the previews, by id: the apps show names, the payload holds ids. */
const NAMES: Readonly<Record<string, string>> = { S0ONCALL: 'on-call', '100000000000000001': 'on-call' };

export const mention = (id: string): string => `<span class="mention">@${escapeHtml(NAMES[id] ?? id)}</span>`;

/** Returns a page whose `#shot` is the picture. */
export const page = (style: string, body: string): string =>
  `<!doctype html><meta charset="utf-8"><style>*{box-sizing:border-box;margin:0}body{background:transparent}${style}</style><div id="shot">${body}</div>`;

export const listOf = (value: unknown): readonly Record<string, unknown>[] =>
  Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
