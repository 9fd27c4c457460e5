/** How the page of the API looks: one column to read, one to find the way; light and dark as the reader has it. */
export const docsStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fbfbf9, #14171a);
  --paper: light-dark(#fff, #1b1f24);
  --ink: light-dark(#1d2430, #e4e7eb);
  --soft: light-dark(#5b6575, #9aa5b4);
  --line: light-dark(#e3e5e1, #2d333b);
  --accent: light-dark(#0b6b4f, #5cc8a1);
  --get: light-dark(#0b5cad, #7fb7f0);
  --post: light-dark(#0b6b4f, #5cc8a1);
  --delete: light-dark(#ad2b2b, #f08c8c);
  --code: light-dark(#f3f4f0, #22272e);
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1.5rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr);
  background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
}
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem 3rem;
  border-right: 1px solid var(--line); background: var(--paper); font-size: 0.875rem;
}
nav .name { margin: 0 0 1.25rem; font-weight: 650; font-size: 0.95rem; }
nav .name a { color: var(--ink); }
nav h2 {
  margin: 1.4rem 0 0.35rem; font-size: 0.7rem; font-weight: 650; letter-spacing: 0.08em;
  text-transform: uppercase; color: var(--soft);
}
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: flex; gap: 0.55rem; align-items: baseline; padding: 0.22rem 0.4rem; margin: 0 -0.4rem; border-radius: 5px; color: var(--ink); }
nav li a:hover { background: var(--code); text-decoration: none; }
nav .method { flex: none; width: 2.3rem; font-size: 0.62rem; background: none; padding: 0; text-align: right; }
.version { color: var(--soft); font-weight: 400; font-size: 0.8rem; }
main { max-width: 54rem; padding: 2.75rem 3rem 6rem; }
h1 { margin: 0 0 0.4rem; font-size: 2rem; line-height: 1.2; letter-spacing: -0.02em; }
.lead { margin: 0 0 1.4rem; font-size: 1.1rem; color: var(--soft); max-width: 42rem; }
main h2 { margin: 3.25rem 0 0.4rem; font-size: 1.35rem; letter-spacing: -0.01em; }
header h2 { margin-top: 2rem; font-size: 1.05rem; }
article { margin: 1.25rem 0; padding: 1.35rem 1.6rem 1.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
article:target { border-color: var(--accent); }
h3 { margin: 0 0 0.35rem; font-size: 1.08rem; }
h4 { margin: 1.35rem 0 0.4rem; font-size: 0.78rem; font-weight: 650; letter-spacing: 0.04em; color: var(--soft); text-transform: uppercase; }
h4 code { text-transform: none; letter-spacing: 0; }
p { margin: 0.4rem 0; }
.about { color: var(--soft); font-size: 0.9rem; margin: 0.15rem 0; }
.address { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; overflow-wrap: anywhere; }
.method { font: 700 0.7rem/1.5 ui-monospace, "Liberation Mono", monospace; padding: 0.1rem 0.5rem; border-radius: 4px; color: var(--get); background: var(--code); }
.method.post { color: var(--post); }
.method.delete { color: var(--delete); }
.open, .needed, .optional, .where { font-size: 0.75rem; color: var(--soft); }
.open { border: 1px solid var(--line); border-radius: 999px; padding: 0 0.6rem; }
.needed, .optional { display: block; font-weight: 400; }
.needed { color: var(--delete); }
code { font: 0.86em/1.5 ui-monospace, "Liberation Mono", monospace; }
pre { margin: 0.4rem 0; padding: 0.85rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--code); border-radius: 7px; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.5rem 0.75rem 0.5rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
tr:first-child > th, tr:first-child > td { border-top: 0; }
th { width: 12.5rem; font-weight: 500; }
td table { margin-top: 0.3rem; padding-left: 0.75rem; border-left: 2px solid var(--line); }
td table th { padding-left: 0.75rem; }
.type { font: 0.82rem/1.5 ui-monospace, "Liberation Mono", monospace; color: var(--soft); }
a.type { color: var(--accent); }
details { border-top: 1px solid var(--line); }
details:first-of-type { border-top: 0; }
summary { padding: 0.45rem 0 0.45rem 4.3rem; text-indent: -4.3rem; cursor: pointer; font-size: 0.92rem; }
.status { display: inline-block; text-indent: 0; min-width: 2.8rem; font: 700 0.8rem/1.5 ui-monospace, "Liberation Mono", monospace; color: var(--soft); }
.status.good { color: var(--post); }
.status.bad { color: var(--delete); }
.button { display: inline-block; padding: 0.4rem 0.95rem; border: 1px solid var(--accent); border-radius: 7px; font-weight: 550; font-size: 0.92rem; }
@media (max-width: 56rem) {
  body { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; height: auto; max-height: 45vh; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1.75rem 1.1rem 4rem; }
  article { padding: 1.1rem; }
  th { width: 8.5rem; }
}
`;
