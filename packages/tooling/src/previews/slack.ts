import { escapeHtml, listOf, mention, page } from './html.ts';

const STYLE = `
#shot{width:640px;padding:16px 20px;background:#fff;color:#1d1c1d;font:15px/1.46668 Lato,"Noto Sans","Noto Color Emoji",sans-serif;display:grid;grid-template-columns:44px 1fr}
.avatar{width:36px;height:36px;border-radius:6px;background:#4a154b;color:#fff;font-weight:900;font-size:18px;display:grid;place-items:center}
.from{font-weight:900}.app{font-size:10px;font-weight:700;color:#616061;background:#e8e8e8;border-radius:2px;padding:1px 3px;margin:0 6px;vertical-align:2px}.time{font-size:12px;color:#616061}
.block{margin-top:8px}.from+.block{margin-top:4px}.header{font-size:18px;line-height:1.3;font-weight:900}
.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px}
.bar{display:grid;grid-template-columns:4px 1fr;gap:12px;margin-top:10px}.bar>i{border-radius:8px;background:var(--edge)}.bar .block:first-child{margin-top:0}
.context{font-size:13px;color:#616061}a{color:#1264a3;text-decoration:none}b{font-weight:700}
pre{font:12px/1.5 "Noto Sans Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;background:#f8f8f8;border:1px solid #ddd;border-radius:4px;padding:8px;margin-top:4px;white-space:pre-wrap;overflow-wrap:anywhere}
.mention{background:#fcf4da;color:#1264a3;border-radius:3px;padding:0 2px}.text{white-space:pre-wrap;overflow-wrap:anywhere}`;

/** Slack's mrkdwn as far as the suite writes it (docs.slack.dev, Formatting message text). */
const mrkdwn = (text: string): string =>
  text
    .split(/```\n?([\s\S]*?)\n?```/)
    .map((part, index) => {
      // Entities are HTML's own; what is left of < and > is markup.
      if (index % 2 === 1) return `<pre>${part}</pre>`;
      return part
        .replace(/\n$/, '')
        .replace(/<@([A-Z0-9]+)>|<!subteam\^([A-Z0-9]+)>/g, (_, user, group) => mention(user ?? group))
        .replace(/<(https?:[^|>]*)\|([^>]*)>/g, (_, url, label) => `<a href="${url}">${label}</a>`)
        .replace(/(^|[\s(])\*(?!\s)([^*\n]+)\*/gm, '$1<b>$2</b>');
    })
    .join('');

const text = (value: unknown): string => {
  const { type, text: said = '' } = (value ?? {}) as { type?: string; text?: string };
  return `<div class="text">${type === 'mrkdwn' ? mrkdwn(said) : escapeHtml(said)}</div>`;
};

const block = (value: Record<string, unknown>): string => {
  if (value.type === 'header') return `<div class="block header">${text(value.text)}</div>`;
  if (value.type === 'context') return `<div class="block context">${listOf(value.elements).map(text).join('')}</div>`;
  const fields = listOf(value.fields);
  return fields.length > 0
    ? `<div class="block fields">${fields.map(text).join('')}</div>`
    : `<div class="block">${text(value.text)}</div>`;
};

/** Returns a page that shows a payload of chat.postMessage as Slack does. */
export const slackPage = (payload: Record<string, unknown>): string => {
  const attached = listOf(payload.attachments).map(
    ({ color, blocks }) =>
      `<div class="bar" style="--edge:${escapeHtml(String(color))}"><i></i><div>${listOf(blocks).map(block).join('')}</div></div>`,
  );
  const head = '<span class="from">Hospital Ops</span><span class="app">APP</span><span class="time">3:12 AM</span>';
  const body = listOf(payload.blocks).map(block).join('') + attached.join('');
  return page(STYLE, `<div class="avatar">H</div><div><div>${head}</div>${body}</div>`);
};
