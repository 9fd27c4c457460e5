import { unseen } from "./characters.ts";
import { quote, Rejection } from "./rejection.ts";

/** Markup, entities and processing instructions: a text says what it says in plain words or in Markdown. */
const markup = /<\/?[a-z][^<>]*>|<[!?]|&(?:[a-z][a-z0-9]*|#x?[0-9a-f]+);/i;
/** Text as a person gave it, freed of what XML cannot hold; refuses markup and entities with a `Rejection`. */
export function safeText(text: string): string {
  const found = markup.exec(text);
  if (found !== null)
    throw new Rejection(
      "text-unsafe",
      "value",
      `the text holds markup or an entity: ${quote(found[0])}.`,
      "Write plain text, or Markdown with paragraphs, lists, **strong** and *emphasis*.",
    );
  return text.replaceAll(unseen, "").toWellFormed();
}

/**
 * XHTML content of a text block from plain text or a small part of Markdown: paragraphs, `-` and `1.` lists, `**strong**`, `*emphasis*`,
 * and `#` headings as strong paragraphs. Everything else is text.
 */
export function textBlock(text: string): string {
  const blocks = safeText(text)
    .replaceAll(/\r\n?/g, "\n")
    .split(/\n\s*\n/)
    .map((block) => block.trim())
    .filter((block) => block !== "");
  return blocks.map(blockOf).join("");
}

function blockOf(block: string): string {
  const lines = block.split("\n").map((line) => line.trim());
  if (lines.every((line) => /^[-*•] /.test(line))) return list("ul", lines, /^[-*•] +/);
  if (lines.every((line) => /^\d{1,3}[.)] /.test(line))) return list("ol", lines, /^\d{1,3}[.)] +/);
  const heading = /^#{1,6} +(.+)$/.exec(lines[0] ?? "");
  if (heading !== null) {
    const rest = lines.slice(1).join("\n");
    return `<p><strong>${escaped(heading[1] ?? "")}</strong></p>${rest === "" ? "" : blockOf(rest)}`;
  }
  const from = lines.findIndex((line) => /^(?:[-*•]|\d{1,3}[.)]) /.test(line));
  if (from > 0) return blockOf(lines.slice(0, from).join("\n")) + blockOf(lines.slice(from).join("\n"));
  return `<p>${lines.map(inline).join("<br/>")}</p>`;
}

function list(tag: "ul" | "ol", lines: readonly string[], mark: RegExp): string {
  return `<${tag}>${lines.map((line) => `<li>${inline(line.replace(mark, ""))}</li>`).join("")}</${tag}>`;
}

function inline(text: string): string {
  return escaped(text)
    .replaceAll(/\*\*(?=\S)([^*]+?)(?<=\S)\*\*/g, "<strong>$1</strong>")
    .replaceAll(/(?<![*\w])\*(?=\S)([^*]+?)(?<=\S)\*(?![*\w])/g, "<em>$1</em>");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
