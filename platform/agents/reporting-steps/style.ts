/** The report's own look: one readable column, tables that fit A4, light and dark, narrow screens and print; nothing that needs a network. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2530; --soft: #57626f; --line: #d9dee4; --paper: #ffffff; --wash: #f3f5f7; --accent: #1f6f78; --warn: #b3741a; --warn-wash: #fdf6ea; --ok: #2e7d4f; }
.environment { --accent: #2f7d57; } .social { --accent: #9a4f2f; } .governance { --accent: #54608f; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; background: var(--wash); color: var(--ink); font: 16px/1.6 "Source Sans 3", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
.page { max-width: 66rem; margin: 0 auto; padding: 3.5rem 4rem 5rem; background: var(--paper); }
h1, h2, h3, h4, h5 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0 0 .6rem; font-size: 2.9rem; letter-spacing: -.02em; }
h2 { margin: 0 0 1rem; font-size: 1.9rem; letter-spacing: -.01em; }
h3 { margin: 0 0 .8rem; font-size: 1.3rem; }
h4 { margin: 1.6rem 0 .3rem; font-size: 1.04rem; }
h5 { margin: 1.1rem 0 .2rem; font-size: .95rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .15em; }
a:hover { text-decoration-color: currentColor; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.kicker { margin: 0 0 .4rem; color: var(--accent); font-weight: 600; letter-spacing: .08em; text-transform: uppercase; font-size: .85rem; }
.cover { padding-bottom: 1rem; }
.meta, .cite, .nil, .note-ref, .figure-title { color: var(--soft); }
.meta { margin: 0 0 1.6rem; }
.meta span { display: inline-block; margin-right: 1.3rem; }
.cite { font-size: .8rem; font-weight: 400; white-space: nowrap; }
.nil { font-style: italic; }
.note-ref { font-size: .68rem; line-height: 0; margin-left: .15em; }
.note-ref a { text-decoration: none; padding: 0 .1em; }
.notice { margin: 1.4rem 0; padding: .8rem 1.1rem; border-left: 4px solid var(--warn); background: var(--warn-wash); border-radius: 0 6px 6px 0; }
.notice p { margin: .25rem 0; max-width: none; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; margin: 1.8rem 0 .5rem; }
.card { display: block; padding: 1rem 1.1rem; border: 1px solid var(--line); border-top: 3px solid var(--accent); border-radius: 6px; text-decoration: none; }
.card b { display: block; font-size: 1.55rem; line-height: 1.25; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
.card small { font-size: .85rem; font-weight: 400; color: var(--soft); letter-spacing: 0; }
.card span { display: block; color: var(--soft); font-size: .88rem; line-height: 1.35; }
.card em { display: block; margin-top: .3rem; color: var(--accent); font-style: normal; font-size: .82rem; font-variant-numeric: tabular-nums; }
.contents { margin: 3rem 0 0; padding-top: 2rem; border-top: 1px solid var(--line); }
.parts { columns: 2; column-gap: 2.5rem; padding: 0; list-style: none; font-size: .93rem; }
.parts > li { break-inside: avoid; margin: 0 0 1rem; }
.parts ul { margin: .2rem 0 0; padding: 0; list-style: none; }
.parts a { text-decoration: none; } .parts a:hover { text-decoration: underline; }
.open { color: var(--warn); font-size: .8rem; }
.part { margin-top: 4.5rem; padding-top: 1.4rem; border-top: 4px solid var(--accent); }
.part > h2 .code { margin-right: .6rem; color: var(--accent); }
.dr { margin: 2.4rem 0 0; padding: 1.3rem 0 0; border-top: 1px solid var(--line); }
.dr > h3 .code { display: inline-block; margin-right: .5rem; padding: .05rem .5rem; border-radius: 4px; background: var(--accent); color: var(--paper); font-size: .88rem; vertical-align: .12em; letter-spacing: .01em; }
.badge { display: inline-block; margin-left: .5rem; padding: 0 .5rem; border: 1px solid var(--warn); border-radius: 1rem; color: var(--warn); font-size: .74rem; font-weight: 600; line-height: 1.5; vertical-align: .1em; }
.text { max-width: 46rem; }
.text.draft { padding-left: .9rem; border-left: 3px solid var(--warn); }
.text ul, .text ol { margin: .4rem 0; padding-left: 1.3rem; }
.text blockquote { margin: .6rem 0; padding-left: 1rem; border-left: 2px solid var(--line); color: var(--soft); }
.box { margin: 1.3rem 0; padding: .7rem 1.1rem .8rem; border: 1.5px dashed var(--warn); border-radius: 6px; background: var(--warn-wash); font-size: .92rem; }
.box p, .box ul { margin: .25rem 0; max-width: none; } .box ul { padding-left: 1.1rem; }
.box-title { color: var(--warn); font-weight: 600; }
.phase-in { margin: 1rem 0; padding: .5rem 1rem; border-left: 3px solid var(--line); color: var(--soft); }
.card-item { margin: 1.4rem 0; padding: .2rem 1.3rem 1rem; border: 1px solid var(--line); border-radius: 8px; }
.card-item > h4 { margin-top: 1rem; } .card-item > h4 .code { margin-right: .4rem; color: var(--accent); }
.scroll { overflow-x: auto; margin: 1.1rem 0 1.4rem; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; line-height: 1.45; }
caption { padding: 0 0 .45rem; color: var(--soft); font-size: .88rem; text-align: left; }
th, td { padding: .42rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
thead th { border-bottom: 2px solid var(--ink); font-size: .84rem; vertical-align: bottom; }
tbody tr:hover > * { background: var(--wash); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td.n { white-space: nowrap; }
th[scope=row] { font-weight: 400; }
tr.total > * { border-top: 1.5px solid var(--ink); font-weight: 650; }
tr.group > th { padding-top: .9rem; border-bottom-color: var(--ink); color: var(--accent); font-size: .84rem; font-weight: 650; letter-spacing: .02em; }
.members { margin: 0; padding-left: 1.1rem; }
.figure { margin: 1.2rem 0; }
.figure-title { margin: 0 0 .3rem; font-size: .88rem; }
.chart { display: block; width: 100%; max-width: 760px; height: auto; }
.yes { color: var(--ok); font-weight: 600; } .no { color: var(--soft); }
.notes { padding-left: 1.6rem; color: var(--soft); font-size: .86rem; } .notes li { margin: .15rem 0; } .notes li:target { color: var(--ink); font-weight: 600; }
.footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .86rem; }
@media (max-width: 60rem) { .page { padding: 2.2rem 1.6rem 3rem; } .cards { grid-template-columns: repeat(2, 1fr); } }
@media (max-width: 40rem) { body { font-size: 15px; } .page { padding: 1.4rem 1rem 2.5rem; } h1 { font-size: 2rem; } h2 { font-size: 1.5rem; } .parts { columns: 1; } .card { padding: .7rem .8rem; } .card b { font-size: 1.25rem; } .card-item { padding: .1rem .8rem .6rem; } }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebef; --soft: #a3adb8; --line: #333d47; --paper: #151b21; --wash: #0f1419; --accent: #5fb3bb; --warn: #dba14f; --warn-wash: #241e14; --ok: #6dbb8c; } .environment { --accent: #6fbf95; } .social { --accent: #d68e6d; } .governance { --accent: #99a6d8; } }
@media print {
  @page { size: A4; margin: 18mm 16mm 20mm; @bottom-right { content: counter(page); font: 9pt sans-serif; color: #57626f; } }
  :root { color-scheme: light; --ink: #1c2530; --soft: #57626f; --line: #cfd5db; --paper: #ffffff; --wash: #ffffff; --warn-wash: #ffffff; }
  body { background: none; font-size: 9.5pt; line-height: 1.45; } .page { max-width: none; padding: 0; }
  h1 { font-size: 26pt; } h2 { font-size: 17pt; } h3 { font-size: 12.5pt; } .cover { break-after: avoid; }
  .contents, .part { break-before: page; margin-top: 0; } .parts { font-size: 8.6pt; }
  h2, h3, h4, h5, caption, .figure-title, .box-title { break-after: avoid; } tr, .card, .figure, .box { break-inside: avoid; } thead { display: table-header-group; } p, li { orphans: 3; widows: 3; }
  .scroll { overflow: visible; } table { font-size: 8.4pt; } .cards { grid-template-columns: repeat(4, 1fr); gap: .6rem; } .card { padding: .6rem .7rem; } .card b { font-size: 13pt; } a { text-decoration: none; }
}
`;
