/** The audit page's look: one column, light and dark, narrow screens and print; nothing that needs a network. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1c2530; --soft: #57626f; --line: #d9dee4; --paper: #ffffff; --wash: #f3f5f7; --accent: #1f6f78; --pass: #2e7d4f; --fail: #b3261e; --warn: #b3741a; --none: #7a5aa8; --idle: #c3cad2; --fail-wash: #fdf1f0; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; background: var(--wash); color: var(--ink); font: 16px/1.55 "Source Sans 3", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 68rem; margin: 0 auto; padding: 3rem 3.5rem 5rem; background: var(--paper); }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0 0 .4rem; font-size: 2.3rem; letter-spacing: -.02em; }
h2 { margin: 3rem 0 1rem; padding-top: 1.2rem; border-top: 1px solid var(--line); font-size: 1.45rem; }
p { margin: .4rem 0; max-width: 48rem; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .15em; }
a:hover { text-decoration-color: currentColor; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code { font: .86em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.kicker { margin: 0 0 .4rem; color: var(--accent); font-weight: 600; letter-spacing: .08em; text-transform: uppercase; font-size: .85rem; }
.meta { margin: 0 0 1.4rem; color: var(--soft); } .meta span { display: inline-block; margin-right: 1.3rem; }
.verdict { display: flex; gap: 1.4rem; align-items: center; margin: 1.4rem 0; padding: 1.1rem 1.4rem; border: 1px solid var(--line); border-left: 8px solid var(--tone); border-radius: 8px; }
.verdict b { font-size: 1.9rem; letter-spacing: .01em; color: var(--tone); } .verdict p { margin: 0; max-width: none; }
.tone-pass { --tone: var(--pass); } .tone-fail { --tone: var(--fail); } .tone-warning { --tone: var(--warn); } .tone-not_evaluated { --tone: var(--none); } .tone-not_applicable { --tone: var(--idle); }
.overview { display: grid; grid-template-columns: 15rem 1fr; gap: 2.4rem; align-items: center; margin: 1.8rem 0 .5rem; }
.overview svg { width: 100%; height: auto; }
.legend { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .7rem 1.6rem; }
.legend a { display: block; text-decoration: none; border-left: 4px solid var(--tone); padding: .1rem 0 .1rem .8rem; }
.legend a:hover b { text-decoration: underline; }
.legend b { display: block; font-size: 1.35rem; line-height: 1.2; font-variant-numeric: tabular-nums; } .legend span { color: var(--soft); font-size: .9rem; }
.families { width: 100%; border-collapse: collapse; font-size: .93rem; }
.families th, .families td { padding: .38rem .6rem; border-bottom: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums; }
.families th:nth-child(-n+2), .families td:nth-child(-n+2) { text-align: left; } .families td:nth-child(3) { width: 34%; }
.families svg { display: block; width: 100%; height: .8rem; border-radius: 3px; } .families .zero { color: var(--idle); }
.law { display: grid; grid-template-columns: 9rem 1fr; gap: .3rem 1rem; margin: 0; } .law dt { color: var(--soft); } .law dd { margin: 0; overflow-wrap: anywhere; }
.notice { margin: 1.2rem 0 0; padding: .7rem 1.1rem; border-left: 4px solid var(--warn); background: var(--wash); border-radius: 0 6px 6px 0; max-width: none; }
.rule { margin: .7rem 0; padding: .7rem 1rem .8rem; border: 1px solid var(--line); border-left: 5px solid var(--tone); border-radius: 6px; break-inside: avoid; }
.rule h3 { margin: 0; font-size: 1.02rem; } .rule p { max-width: none; margin: .2rem 0; }
.rule .id { color: var(--soft); font-size: .85rem; } .rule .cure { font-weight: 600; } .rule .cite { color: var(--soft); font-size: .85rem; }
.tag { display: inline-block; margin-right: .5rem; padding: 0 .5rem; border-radius: 99px; border: 1px solid var(--tone); color: var(--tone); font-size: .78rem; line-height: 1.5; white-space: nowrap; }
details { margin: .5rem 0; border: 1px solid var(--line); border-radius: 8px; } details > *:not(summary) { margin-left: 1rem; margin-right: 1rem; }
summary { cursor: pointer; padding: .65rem 1rem; font-weight: 600; } summary small { color: var(--soft); font-weight: 400; margin-left: .5rem; font-size: .88rem; }
details[open] > summary { border-bottom: 1px solid var(--line); margin-bottom: .8rem; }
details:target { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.list { width: 100%; border-collapse: collapse; font-size: .88rem; margin: 0 0 1rem; table-layout: fixed; }
.scroll { overflow-x: auto; } .scroll > .list { min-width: 46rem; }
.list th, .list td { padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.list th:first-child { width: 8.4rem; } .list th:nth-child(2) { width: 36%; }
.list .who { color: var(--soft); font-size: .85em; }
.printed { display: none; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
@media screen and (max-width: 48rem) { main { padding: 1.6rem 1.2rem 3rem; } h1 { font-size: 1.8rem; } .overview { grid-template-columns: 1fr; } .overview svg { max-width: 13rem; } .verdict { flex-wrap: wrap; gap: .3rem 1.2rem; } .law { grid-template-columns: 1fr; } .law dt { margin-top: .5rem; } .families td:nth-child(3), .families th:nth-child(3) { display: none; } }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaee; --soft: #9aa6b2; --line: #333c46; --paper: #161b21; --wash: #0f1317; --accent: #5fb3bb; --pass: #63b985; --fail: #f0857d; --warn: #dfa64f; --none: #ab92d6; --idle: #55606b; --fail-wash: #2a1a19; } }
@media print { .overview { grid-template-columns: 10rem 1fr; gap: 1.4rem; } .families td:nth-child(3) { width: 26%; } body { background: none; font-size: 10.5pt; } main { max-width: none; padding: 0; } h2 { break-after: avoid; } details { display: none; } details[open] { display: block; border: 0; } .filters { display: none; } .printed { display: block; } a { text-decoration: none; } @page { margin: 18mm 16mm; } }
`;
