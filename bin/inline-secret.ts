import { isMap, isScalar, isSeq, type Document, type Node } from "yaml";
import { isSecretName } from "#kit/redact/names.ts";
import { secretShapes } from "#kit/redact/patterns.ts";

/** A secret that stands in a file as a value: where, and under which name; never the value. */
export type InlineSecret = { readonly path: string; readonly offset: number };

/** The first value of a document that is secret by the name it is given to, or by its shape. A reference by {env} or {file} is none. */
export function inlineSecret(document: Document): InlineSecret | undefined {
  return isNode(document.contents) ? find(document.contents, [], false) : undefined;
}

function find(node: Node, path: readonly string[], named: boolean): InlineSecret | undefined {
  if (isScalar(node))
    return isSecretValue(node.value, named)
      ? { path: path.join("."), offset: node.range?.[0] ?? 0 }
      : undefined;
  if (isSeq(node))
    return first(node.items, (item, index) =>
      isNode(item) ? find(item, [...path, String(index)], named) : undefined,
    );
  if (!isMap(node)) return undefined;
  return first(node.items, ({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : "";
    if (!isNode(value)) return undefined;
    const isReference = name === "env" || name === "file";
    return find(
      value,
      [...path, name],
      (named && !isReference) || isSecretName(name) || isDatabaseUrl([...path, name]),
    );
  });
}

/** The address of a database carries its password, so it is a secret whole. */
function isDatabaseUrl(path: readonly string[]): boolean {
  return path.join(".") === "bindings.postgres.url";
}

function isSecretValue(value: unknown, named: boolean): boolean {
  if (typeof value !== "string" && typeof value !== "number") return false;
  if (named && String(value) !== "") return true;
  return !secretShapes(String(value)).next().done;
}

function first<T, R>(items: readonly T[], of: (item: T, index: number) => R | undefined): R | undefined {
  for (const [index, item] of items.entries()) {
    const found = of(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value);
}
