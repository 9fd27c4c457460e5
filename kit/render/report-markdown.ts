import type { Block, Report } from "./report.ts";
import { clean, wrap } from "./width.ts";

const columns = 80;

/**
 * A report as Markdown that diffs well: lines of at most 80 columns, except in tables and for words that are longer. Foreign text is
 * inert: no formatting, mention, link or HTML comes from it.
 */
export function reportMarkdown(report: Report): string {
  const lines = [
    `# ${line(report.title)}`,
    "",
    ...paragraph(line(report.subtitle)),
    ...report.alarms.flatMap((alarm) => ["", ...under(`> **Attention.** ${line(alarm)}`, "> ")]),
    "",
    ...paragraph(`**${line(report.verdict)}**`),
    ...report.sections.flatMap(({ title, blocks }) => [
      "",
      `## ${line(title)}`,
      ...blocks.flatMap((block, index) => {
        const text = blockLines(block);
        const goesOn = block.kind === "gap" && blocks[index - 1]?.kind === "gap";
        return text.length === 0 || goesOn ? text : ["", ...text];
      }),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function blockLines(block: Block): readonly string[] {
  switch (block.kind) {
    case "text":
      return paragraph(line(block.text));
    case "facts":
      return block.facts.flatMap(([label, text]) => item(`- **${line(label)}:** ${line(text)}`));
    case "list":
      return block.items.flatMap((text) => item(`- ${line(text)}`));
    case "tasks":
      return block.items.flatMap((text) => item(`- [ ] ${line(text)}`));
    case "events":
      return [
        ...paragraph(`${line(block.caption)}:`),
        "",
        ...block.events.flatMap(({ at, word, text, aside }) =>
          item(
            `- \`${at}\` ${word === "" ? "" : `**${line(word)}** `}${line(text)}${aside === "" ? "" : ` _(${line(aside)})_`}`,
          ),
        ),
      ];
    case "table":
      return [
        ...paragraph(`${line(block.caption)}:`),
        "",
        row(block.head),
        row(
          block.head.map((_, index) => (block.numbers?.includes(index) === true ? "---:" : "---")),
          true,
        ),
        ...block.rows.map((cells) => row(cells)),
      ];
    case "gap":
      return item(
        `- [ ] **Gap: ${line(block.what)}** \u2014 ${line(block.why)}; to be filled in by ${line(block.who)}: \`[to fill]\``,
      );
    case "quote":
      return [
        ...paragraph(`${line(block.who)}:`),
        "",
        ...under(`> ${unlisted(line(block.text, 2_000))}`, "> "),
      ];
    case "command":
      return item(`- \`${clean(block.command, 200).replaceAll("`", "")}\`: ${line(block.effect)}`);
    case "picture":
      return [];
  }
}

/** Foreign text on one line, to be read as it is: no formatting, no HTML, no entity, no mention, no link. */
function line(text: string, cap = 1_000): string {
  return clean(text, cap)
    .replace(/[\\`*_~[\]<>|#&]/g, (character) => entities[character] ?? `\\${character}`)
    .replace(/@(?=\w)/g, "@\u2060")
    .replaceAll("://", "&#58;//")
    .replace(/\bwww\./gi, (start) => start.replace(".", "&#46;"));
}

const entities: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;" };

function row(cells: readonly string[], rule = false): string {
  return `| ${cells.map((cell) => (rule ? cell : line(cell, 4_000))).join(" | ")} |`;
}

/** Text that may begin anywhere on its lines: what would open a list, a heading or a rule there is escaped. */
function paragraph(text: string): readonly string[] {
  return under(text, "");
}

function item(text: string): readonly string[] {
  return under(text, "  ");
}

function under(text: string, indent: string): readonly string[] {
  const [first = "", ...rest] = wrap(text, columns - indent.length);
  return [first, ...rest.map((more) => `${indent}${unlisted(more)}`)];
}

/** A line that neither opens a list nor underlines the one before it. */
function unlisted(text: string): string {
  return text
    .replace(/^(\d+)([.)])(?=\s|$)/, "$1\\$2")
    .replace(/^([-+])(?=\s|$)/, "\\$1")
    .replace(/^([-=])(?=[-=\s]*$)/, "\\$1");
}
