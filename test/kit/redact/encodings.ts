/** How secrets come back in practice: each takes a text with a secret in it and writes it its own way. */
export const encodings: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  url: (text) => encodeURIComponent(text),
  "url in lower case": (text) =>
    encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  "url, every byte": (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  form: (text) => new URLSearchParams({ q: text }).toString().slice(2),
  "url twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  json: (text) => JSON.stringify(text),
  "json in json": (text) => JSON.stringify(JSON.stringify({ text })),
  "json in json in json": (text) => JSON.stringify(JSON.stringify(JSON.stringify({ text }))),
  "json, all \\u": (text) =>
    text
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  "json with escaped slashes": (text) => JSON.stringify(text).replaceAll("/", "\\/"),
  html: (text) =>
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;"),
  "html, all numbers": (text) => Array.from(text, (one) => `&#${one.codePointAt(0)};`).join(""),
  "html, all hexadecimal": (text) =>
    Array.from(text, (one) => `&#x${one.codePointAt(0)?.toString(16)};`).join(""),
  shell: (text) => `'${text.replaceAll("'", `'\\''`)}'`,
  "shell with double quotes": (text) => `'${text.replaceAll("'", `'"'"'`)}'`,
  base64: (text) => Buffer.from(text).toString("base64"),
  "base64 without padding": (text) => Buffer.from(text).toString("base64").replace(/=+$/, ""),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  "base64 in json in a url": (text) =>
    encodeURIComponent(JSON.stringify(Buffer.from(text).toString("base64"))),
  "base64 of json": (text) => Buffer.from(JSON.stringify({ text })).toString("base64"),
  hex: (text) => Buffer.from(text).toString("hex"),
  "HEX with colons": (text) => (Buffer.from(text).toString("hex").toUpperCase().match(/../g) ?? []).join(":"),
  "bytes in backslashes": (text) =>
    [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
};

/** The text in lines of a width, as mail, PEM and terminals write it. */
export function wrapped(text: string, width: number, indent = ""): string {
  return (text.match(new RegExp(`[\\s\\S]{1,${width}}`, "g")) ?? []).join(`\n${indent}`);
}
