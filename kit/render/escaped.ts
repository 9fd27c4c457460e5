import { clean } from "./width.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Foreign text as text of an HTML page, in element and attribute alike. */
export function escaped(text: string, cap = 1_000): string {
  return clean(text, cap).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
