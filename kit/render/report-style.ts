/** The style of every written report: one file, the tokens of the console, light, dark and paper. */
export const reportStyle = `
:root { --bg: #ffffff; --surface: #f6f7f9; --text: #15181d; --muted: #545c68; --line: #c9ced6;
  --detecting: #7a2fa0; --looking: #0b57b5; --deciding: #3d6b8f; --waiting: #8a5300; --executing: #0a6b3b; --verifying: #1f6f78; --unattended: #b3161b;
  --failed: #b3161b; --failed-bg: #fdeceb; --fill: #8a5300; --fill-bg: #fff3dc; }
@media (prefers-color-scheme: dark) { :root { --bg: #0f1216; --surface: #171b21; --text: #e8ebef; --muted: #a5adb9; --line: #39414d;
  --detecting: #d39bf0; --looking: #7db3ff; --deciding: #9cc3de; --waiting: #f2b84b; --executing: #5fd08f; --verifying: #6fd0da; --unattended: #ff8a84;
  --failed: #ff8a84; --failed-bg: #3a1718; --fill: #f2b84b; --fill-bg: #33260c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 24px 16px 48px; background: var(--bg); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 1.125rem; line-height: 1.25; margin: 32px 0 8px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 16px 0 4px; }
p, dl, ul, ol, figure { margin: 0 0 12px; max-width: 75ch; }
.where { color: var(--muted); }
.verdict { font-size: 1.125rem; font-weight: 600; }
.alarm { border-left: 4px solid var(--failed); background: var(--failed-bg); color: var(--text); padding: 8px 12px; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: 4px 16px; max-width: none; }
dt { font-weight: 600; } dd { margin: 0; }
ul { padding-left: 1.25rem; }
.gaps, .tasks, .events { list-style: none; padding: 0; max-width: none; }
.gaps li, .tasks li { padding: 4px 0 4px 1.75rem; position: relative; }
.gaps li::before, .tasks li::before { content: ""; position: absolute; left: 0; top: 9px; width: 14px; height: 14px; border: 2px solid var(--muted); border-radius: 2px; }
.fill { white-space: nowrap; color: var(--fill); background: var(--fill-bg); padding: 0 4px; border-radius: 4px; }
.events li { display: grid; grid-template-columns: 11.5rem 1fr; gap: 12px; padding: 4px 0; border-bottom: 1px solid var(--line); }
.events time { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; font-size: .875rem; color: var(--muted); }
small { color: var(--muted); font-size: .875rem; }
blockquote { margin: 0; padding: 8px 12px; border-left: 4px solid var(--line); background: var(--surface); }
figcaption { color: var(--muted); font-size: .875rem; }
code { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; background: var(--surface); padding: 2px 4px; border-radius: 4px; }
.wide { overflow-x: auto; margin: 0 0 16px; }
.wide:focus-visible, .picture:focus-visible { outline: 3px solid var(--looking); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; overflow-wrap: normal; }
caption { text-align: left; color: var(--muted); padding-bottom: 4px; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-weight: 600; }
.number { text-align: right; white-space: nowrap; padding-right: 20px; }
.picture { max-width: none; overflow-x: auto; } .picture svg { display: block; width: 100%; min-width: 40rem; height: auto; }
svg text { fill: var(--text); font: 12px system-ui, sans-serif; }
svg .quiet { fill: var(--muted); }
svg .rule { stroke: var(--line); stroke-width: 1; }
svg .floor { stroke: var(--failed); stroke-width: 1; stroke-dasharray: 4 3; }
svg .curve { fill: none; stroke: var(--looking); stroke-width: 2; } svg .dot { fill: var(--looking); }
svg .detecting { fill: var(--detecting); } svg .looking { fill: var(--looking); } svg .deciding { fill: var(--deciding); }
svg .waiting { fill: var(--waiting); } svg .executing, svg .done { fill: var(--executing); } svg .verifying { fill: var(--verifying); }
svg .unattended, svg .failed { fill: var(--unattended); } svg .unknown, svg .undone { fill: var(--detecting); }
@media (max-width: 30rem) { .events li { grid-template-columns: 1fr; gap: 0; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } }
@media print { .picture svg { min-width: 0; } body { max-width: none; padding: 0; } section, li, tr, figure { break-inside: avoid; } h2, h3 { break-after: avoid; } .wide { overflow: visible; } }
`;
