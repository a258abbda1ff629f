import { escapeHtml, listOf, mention, page } from './html.ts';

const STYLE = `
#shot{width:640px;padding:16px 20px;background:#313338;color:#dbdee1;font:16px/1.375 "gg sans","Noto Sans","Noto Color Emoji",sans-serif;display:grid;grid-template-columns:56px 1fr}
.avatar{width:40px;height:40px;border-radius:50%;background:#5865f2;color:#fff;font-weight:700;font-size:20px;display:grid;place-items:center}
.from{font-weight:600;color:#f2f3f5}.app{font-size:10px;font-weight:700;color:#fff;background:#5865f2;border-radius:3px;padding:1px 4px;margin:0 6px;vertical-align:2px}.time{font-size:12px;color:#949ba4}
.embed{background:#2b2d31;border-left:4px solid var(--edge);border-radius:4px;padding:10px 16px 14px 12px;margin-top:6px;max-width:516px;font-size:14px;line-height:1.3}
.title{font-size:16px;font-weight:600;color:#f2f3f5}.title a{color:#00a8fc}.description{margin-top:8px}
.fields{display:grid;grid-template-columns:repeat(12,1fr);gap:8px;margin-top:8px}.field{grid-column:1/-1}.field.inline{grid-column:var(--at)}.name{font-weight:600;color:#f2f3f5;margin-bottom:2px}
.footer{font-size:12px;color:#dbdee1;margin-top:10px}a{color:#00a8fc;text-decoration:none}
pre{font:12.5px/1.4 "Noto Sans Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;background:#1e1f22;border:1px solid #232428;border-radius:4px;padding:7px;margin-top:4px;white-space:pre-wrap;overflow-wrap:anywhere}
.mention{background:#3c4270;color:#c9cdfb;border-radius:3px;padding:0 2px}.text{white-space:pre-wrap;overflow-wrap:anywhere}`;

/** Discord's Markdown as far as the suite writes it. */
const markdown = (text: string): string =>
  text
    .split(/```(?:text)?\n?([\s\S]*?)\n?```/)
    .map((part, index) => {
      if (index % 2 === 1) return `<pre>${escapeHtml(part)}</pre>`;
      return escapeHtml(part.replace(/\n$/, ''))
        .replace(/&lt;@&amp;(\d+)&gt;|&lt;@(\d+)&gt;/g, (_, role, user) => mention(role ?? user))
        .replace(/(?<!\\)\[((?:[^\]\\]|\\.)*)\]\((https?:[^)]*)\)/g, '<a href="$2">$1</a>')
        .replace(/(?<!\\)\*\*([^*\n]+)\*\*/g, '<b>$1</b>')
        .replace(/^- /gm, '•&nbsp;')
        .replace(/\\([^0-9A-Za-z\s])/g, '$1');
    })
    .join('');

const text = (value: unknown): string => `<div class="text">${markdown(String(value ?? ''))}</div>`;

/** Discord puts three inline fields into a row, and two or one that are left over share it. */
const fields = (all: readonly Record<string, unknown>[]): string => {
  let inRow = 0;
  return all
    .map((field, index) => {
      const { name, value, inline } = field;
      if (inline !== true) {
        inRow = 0;
        return `<div class="field"><div class="name">${text(name)}</div>${text(value)}</div>`;
      }
      const start = index - inRow;
      const run = all.slice(start).findIndex((other) => other.inline !== true);
      const inThis = Math.min(3, run === -1 ? all.length - start : run);
      const width = 12 / inThis;
      const at = `${inRow * width + 1}/${(inRow + 1) * width + 1}`;
      inRow = (inRow + 1) % 3;
      return `<div class="field inline" style="--at:${at}"><div class="name">${text(name)}</div>${text(value)}</div>`;
    })
    .join('');
};

const embed = (value: Record<string, unknown>): string => {
  const title = text(value.title);
  const { text: footer } = (value.footer ?? {}) as { text?: string };
  return [
    `<div class="embed" style="--edge:#${Number(value.color ?? 0)
      .toString(16)
      .padStart(6, '0')}">`,
    `<div class="title">${value.url === undefined ? title : `<a>${title}</a>`}</div>`,
    value.description === undefined ? '' : `<div class="description">${text(value.description)}</div>`,
    `<div class="fields">${fields(listOf(value.fields))}</div>`,
    footer === undefined ? '' : `<div class="footer">${escapeHtml(footer)}</div></div>`,
  ].join('');
};

/** Returns a page that shows a payload of a webhook as Discord does. */
export const discordPage = (payload: Record<string, unknown>): string => {
  const head =
    '<span class="from">Hospital Ops</span><span class="app">APP</span><span class="time">Today at 3:12 AM</span>';
  const body = text(payload.content) + listOf(payload.embeds).map(embed).join('');
  return page(STYLE, `<div class="avatar">H</div><div><div>${head}</div>${body}</div>`);
};
