/** HTML that may be put into a page as it is. */
export type Markup = { readonly html: string };

/** HTML from a template: every value is escaped, unless it is markup itself; lists are put one after the other. */
export function markup(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Markup | readonly Markup[] | undefined)[]
): Markup {
  return {
    html: parts.reduce((text, part, index) => `${text}${textOf(values[index - 1])}${part}`),
  };
}

function textOf(value: string | number | Markup | readonly Markup[] | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "object") return "html" in value ? value.html : value.map(({ html }) => html).join("");
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
