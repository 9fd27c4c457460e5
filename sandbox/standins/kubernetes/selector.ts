import { badRequest } from "./status.ts";

/** Whether an object's labels are wanted. */
export type Selector = (labels: Readonly<Record<string, string>>) => boolean;

/** A label selector by equality and existence; set-based ones are refused, as everything this stand-in cannot do exactly. */
export function parseSelector(text: string): Selector {
  if (text === "") return () => true;
  const parts = text.split(",").map(parseRequirement);
  return (labels) => parts.every((part) => part(labels));
}

function parseRequirement(text: string): Selector {
  const trimmed = text.trim();
  if (trimmed === "") throw badRequest("found '', expected: identifier after ','");
  const [, not, key = "", operator, value = ""] =
    /^(!?)([A-Za-z0-9][-A-Za-z0-9_./]*)(?:\s*(==|=|!=)\s*([-A-Za-z0-9_.]*))?$/.exec(trimmed) ?? [];
  if (key === "" || (not === "!" && operator !== undefined))
    throw badRequest(`unable to parse requirement: ${JSON.stringify(trimmed)}`);
  if (operator === "!=") return (labels) => labels[key] !== value;
  if (operator !== undefined) return (labels) => labels[key] === value;
  return (labels) => Object.hasOwn(labels, key) === (not === "");
}
