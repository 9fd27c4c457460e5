/** The report's own look: one column, tables that fit A4, and nothing that needs a network. */
export const style = `
:root { --ink: #1c2530; --soft: #55606e; --line: #d5dbe2; --paper: #ffffff; --wash: #f4f6f8; --two: #c08a2e; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--wash); color: var(--ink); font: 16px/1.55 "Source Sans 3", "Segoe UI", Roboto, Arial, sans-serif; }
.page { max-width: 62rem; margin: 0 auto; padding: 3rem 3.5rem 4rem; background: var(--paper); }
h1 { margin: 0 0 .3rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 2.6rem 0 .6rem; padding-top: .8rem; border-top: 2px solid var(--ink); font-size: 1.3rem; line-height: 1.3; }
h3 { margin: 1.4rem 0 .3rem; font-size: 1.05rem; }
p { margin: .5rem 0; max-width: 46rem; }
.meta, .note, .source { color: var(--soft); }
.meta span + span::before { content: " · "; }
.notice { margin: 1.4rem 0; padding: .7rem 1rem; border-left: 4px solid var(--two); background: var(--wash); }
.notice p { margin: .2rem 0; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; margin: 1.6rem 0 .5rem; }
.card { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 4px; }
.card b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: .86rem; }
table { width: 100%; margin: .8rem 0 1.2rem; border-collapse: collapse; font-size: .95rem; }
caption { padding: .2rem 0 .5rem; color: var(--soft); font-size: .9rem; text-align: left; }
th, td { padding: .38rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--ink); font-size: .86rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.total th, tr.total td { border-top: 1px solid var(--ink); font-weight: 700; }
tr.group th { background: var(--wash); font-size: .86rem; letter-spacing: .02em; }
th[scope=row] { font-weight: 400; }
tr.total th[scope=row] { font-weight: 700; }
.chart { display: block; width: 100%; height: auto; margin: 1rem 0; }
ul { padding-left: 1.2rem; } li { margin: .2rem 0; }
.footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .86rem; }
@media (max-width: 48rem) { .page { padding: 1.5rem 1rem; } .cards { grid-template-columns: repeat(2, 1fr); } table { display: block; overflow-x: auto; } }
@media print { @page { size: A4; margin: 18mm 16mm; } body { background: none; font-size: 10pt; } .page { max-width: none; padding: 0; } h2, h3, caption { break-after: avoid; } tr, .card, .chart { break-inside: avoid; } thead { display: table-header-group; } }
`;
