import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import type { LabelSelector } from "./objects.ts";

/** A selector as a list's query takes it; throws `selector-empty` for one that would mean every object of the namespace. */
export function selectorText({ matchLabels, matchExpressions }: LabelSelector, whose: string): string {
  const parts = [
    ...Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(matchExpressions ?? []).map(({ key, operator, values }) => {
      if (operator === "Exists") return key;
      if (operator === "DoesNotExist") return `!${key}`;
      return `${key} ${operator === "NotIn" ? "notin" : "in"} (${(values ?? []).join(",")})`;
    }),
  ];
  if (parts.length > 0) return parts.join(",");
  throw new OpsError("selector-empty", {
    summary: `${plainText(whose, 120)} selects by no label, and none never means all.`,
    hint: "Give its selector the labels of its own pods.",
  });
}
