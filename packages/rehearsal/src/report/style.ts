/** The report's only style sheet; it follows the reader's light or dark mode. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#fff;--panel:#f6f8fa;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--blue:#0969da}
@media (prefers-color-scheme:dark){:root{--ink:#f0f6fc;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--panel:#151b23;--good:#3fb950;--bad:#f85149;--warn:#d29922;--blue:#4493f8}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1080px;padding:32px 24px 64px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:40px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--line)}h3{font-size:16px;margin:16px 0 8px}
p{margin:8px 0}.soft{color:var(--soft)}code,pre{font:12.5px/1.45 ui-monospace,monospace}pre{background:var(--panel);border-radius:6px;padding:12px;overflow:auto;max-height:480px;margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere}
.sentence{font-size:17px;padding:14px 16px;border-radius:8px;border:1px solid var(--line);border-left:6px solid var(--edge);background:var(--panel);margin:16px 0}
.success,.completed{--edge:var(--good)}.failure,.failed{--edge:var(--bad)}.cancelled,.skipped,.replaced{--edge:var(--soft)}.in-progress{--edge:var(--warn)}
.mark{color:var(--edge);font-weight:600}table{border-collapse:collapse;width:100%;margin:8px 0}th,td{text-align:left;vertical-align:top;padding:6px 10px;border:1px solid var(--line)}th{background:var(--panel);font-weight:600}
.row{display:grid;grid-template-columns:minmax(180px,320px) 1fr 64px;gap:12px;align-items:center;padding:3px 0;font-size:13px}.row.job{font-weight:600;margin-top:10px}.row .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.track{position:relative;height:14px;background:var(--panel);border-radius:4px}.bar{position:absolute;top:0;height:14px;min-width:3px;border-radius:4px;background:var(--edge)}.time{text-align:right;color:var(--soft);font-variant-numeric:tabular-nums}
details{margin:6px 0}summary{cursor:pointer}.step>summary{padding:4px 0}.chats{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:16px}
.chat{border:1px solid var(--line);border-left:5px solid var(--edge,var(--line));border-radius:8px;padding:12px 14px;background:var(--panel)}.chat .from{font-size:12px;color:var(--soft);text-transform:uppercase;letter-spacing:.04em}.chat .text{white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0}.chat .from+.text{font-weight:600}
.md{overflow-x:auto}.md table{font-size:13px}.md td code{overflow-wrap:anywhere}ul{padding-left:20px;margin:8px 0}
.remarks{list-style:none;padding:0}.remarks li{border-left:4px solid var(--edge);padding:2px 12px;margin:8px 0}.remarks div{white-space:pre-wrap;overflow-wrap:anywhere}.error{--edge:var(--bad)}.warning{--edge:var(--warn)}.notice{--edge:var(--blue)}
`;
