import { cut, plainText } from "../foreign-text.ts";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Characters that format in Slack, and the ones that look the same and do not. */
const lookalikes: Readonly<Record<string, string>> = { "*": "∗", "~": "∼", "`": "ˋ" };

/**
 * Foreign text as inert mrkdwn: one line, nobody mentioned, nothing linked, nothing formatted, no emoji.
 * The result, entities included, has at most `most` characters. An underscore inside a word stays, because names have them and Slack does not format there.
 */
export function inert(text: string, most = 300): string {
  const escaped = plainText(text, most)
    .replace(/@(?=channel|here|everyone)/gi, "＠")
    .replace(/:(?=[\w+'-]*[a-z][\w+'-]*:)/gi, "∶")
    .replace(/[*~`]/g, (character) => lookalikes[character] ?? character)
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "＿")
    .replace(/[&<>]/g, (character) => entities[character] ?? character);
  return cutMrkdwn(escaped, most);
}

/** A command or an id in a code span. */
export function code(text: string): string {
  return `\`${inert(text, 300)}\``;
}

/** At most `most` characters, and never half an entity before the cut. */
export function cutMrkdwn(text: string, most: number): string {
  return text.length <= most ? text : cut(text, most).replace(/&[a-z]*…$/, "…");
}
