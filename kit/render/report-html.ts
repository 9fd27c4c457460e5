import { createHash } from "node:crypto";
import { escaped } from "./escaped.ts";
import type { Block, Report } from "./report.ts";
import { pictureSvg } from "./report-picture.ts";
import { reportStyle } from "./report-style.ts";

const styleHash = createHash("sha256").update(reportStyle).digest("base64");

/** Nothing but the page's own style is allowed: no script, no image, no font, no frame, no form, nothing from elsewhere. */
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

/** A report as one file that needs nothing else: no script, no remote resource, light and dark, fit for paper. */
export function reportHtml(report: Report): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${policy}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="referrer" content="no-referrer" />
<meta name="robots" content="noindex, nofollow" />
<meta name="color-scheme" content="light dark" />
<title>${escaped(report.title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>${escaped(report.title)}</h1>
<p class="where">${escaped(report.subtitle)}</p>
${report.alarms.map((alarm) => `<p class="alarm"><strong>Attention.</strong> ${escaped(alarm)}</p>\n`).join("")}<p class="verdict">${escaped(report.verdict)}</p>
</header>
<main>
${report.sections
  .map(({ title, blocks }) => `<section>\n<h2>${escaped(title)}</h2>\n${blocksHtml(blocks)}</section>\n`)
  .join("")}</main>
</body>
</html>
`;
}

/** Gaps that follow each other are one list. */
function blocksHtml(blocks: readonly Block[]): string {
  let html = "";
  let inGaps = false;
  for (const block of blocks) {
    if (inGaps !== (block.kind === "gap")) html += inGaps ? "</ul>\n" : '<ul class="gaps">\n';
    inGaps = block.kind === "gap";
    html += blockHtml(block);
  }
  return inGaps ? `${html}</ul>\n` : html;
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case "text":
      return `<p>${escaped(block.text)}</p>\n`;
    case "facts":
      return `<dl>\n${block.facts.map(([label, text]) => `<dt>${escaped(label)}</dt><dd>${escaped(text)}</dd>\n`).join("")}</dl>\n`;
    case "list":
      return `<ul>\n${block.items.map((item) => `<li>${escaped(item)}</li>\n`).join("")}</ul>\n`;
    case "tasks":
      return `<ul class="tasks">\n${block.items.map((item) => `<li>${escaped(item)}</li>\n`).join("")}</ul>\n`;
    case "events":
      return `<h3>${escaped(block.caption)}</h3>\n<ol class="events">\n${block.events
        .map(
          ({ at, word, text, aside }) =>
            `<li><time>${escaped(at)}</time> <span>${word === "" ? "" : `<b>${escaped(word)}</b> `}${escaped(text)}${aside === "" ? "" : ` <small>${escaped(aside)}</small>`}</span></li>\n`,
        )
        .join("")}</ol>\n`;
    case "table":
      return tableHtml(block);
    case "gap":
      return `<li><b>Gap: ${escaped(block.what)}.</b> ${escaped(sentence(block.why))} To be filled in by ${escaped(block.who)}: <span class="fill">[to fill]</span></li>\n`;
    case "quote":
      return `<figure><blockquote>${escaped(block.text, 2_000)}</blockquote><figcaption>${escaped(block.who)}</figcaption></figure>\n`;
    case "command":
      return `<p><code>${escaped(block.command)}</code> ${escaped(block.effect)}</p>\n`;
    case "picture":
      return `<figure class="picture" tabindex="0" aria-label="${escaped(block.caption)}">${pictureSvg(block)}<figcaption>${escaped(block.caption)}. The tables below say the same.</figcaption></figure>\n`;
  }
}

function tableHtml({ caption, head, rows, numbers = [] }: Extract<Block, { kind: "table" }>): string {
  const at = (index: number) => (numbers.includes(index) ? ' class="number"' : "");
  return `<div class="wide" role="region" aria-label="${escaped(caption)}" tabindex="0"><table>
<caption>${escaped(caption)}</caption>
<thead><tr>${head.map((cell, index) => `<th scope="col"${at(index)}>${escaped(cell)}</th>`).join("")}</tr></thead>
<tbody>
${rows.map((cells) => `<tr>${cells.map((cell, index) => (index === 0 ? `<th scope="row">${escaped(cell)}</th>` : `<td${at(index)}>${escaped(cell, 4_000)}</td>`)).join("")}</tr>\n`).join("")}</tbody>
</table></div>
`;
}

function sentence(text: string): string {
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
