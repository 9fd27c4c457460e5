import { dayOf } from "./period.ts";
import { quote, Rejection } from "./rejection.ts";
import type { Target } from "./target.ts";
import { safeText, textBlock } from "./text-block.ts";

const yes: ReadonlySet<string> = new Set(["true", "yes", "y", "1", "ja", "oui", "sí", "si", "x"]);
const no: ReadonlySet<string> = new Set(["false", "no", "n", "0", "nein", "non", "nee"]);

/** A disclosure that is no number in the form in which facts carry it; throws a `Rejection` about the cell `value`. */
export function statementValue(target: Target, text: string): string {
  switch (target.type) {
    case "textBlock":
      return textBlock(text);
    case "string":
      return safeText(text);
    case "boolean":
      return truth(text);
    case "date": {
      const day = dayOf(text);
      if (day !== undefined) return day;
      throw wrong("date-wrong", `${quote(text)} is not a date.`, "Write it as YYYY-MM-DD.");
    }
    case "gYear":
      if (/^(?:19|20|21)\d{2}$/.test(text)) return text;
      throw wrong(
        "value-unknown",
        `${quote(text)} is not a year.`,
        "Write four digits, for instance 2030.",
        "E004",
      );
    case "enumeration":
      return member(target, text);
    case "enumerationSet": {
      const chosen = text
        .split(/[;\n]|\s\|\s/)
        .map((part) => part.trim())
        .filter((part) => part !== "")
        .flatMap((part) => (/^\S+(?: [\w-]+:\S+)+$/.test(part) ? part.split(" ") : [part]))
        .map((part) => member(target, part));
      return [...new Set(chosen)].toSorted().join(" ");
    }
    case "linkIdentifiers": {
      const ids = text.split(/[\s;,]+/).filter((id) => id !== "");
      const bad = ids.find((id) => !/^[A-Za-z0-9][\w.-]{0,99}$/.test(id));
      if (bad !== undefined)
        throw wrong(
          "value-unknown",
          `${quote(bad)} is not an identifier.`,
          "Use letters, digits, dot, dash and underscore.",
          "E004",
        );
      return ids.join(",");
    }
    case "percent":
    case "monetary":
    case "integer":
    case "decimal":
    case "mass":
    case "energy":
    case "volume":
    case "area":
    case "ghgEmissions":
    case "ghgEmissionsPerMonetary":
    case "energyPerMonetary":
    case "volumePerMonetary":
      throw new TypeError(`${target.type} is a number`);
  }
}

function truth(text: string): string {
  const word = text.toLowerCase();
  if (yes.has(word)) return "true";
  if (no.has(word)) return "false";
  throw wrong("value-unknown", `${quote(text)} is neither yes nor no.`, "Write true or false.", "E004");
}

/** A member by its qualified name, its local name, or its words. */
function member({ enumeration, name }: Target, text: string): string {
  const plain = text.replace(/^[a-z]+[:_]/i, "");
  const exact = enumeration.find(
    (of) => of === text || local(of) === plain || local(of) === `${plain}Member`,
  );
  if (exact !== undefined) return exact;
  const folded = fold(plain);
  const [same, ...others] = enumeration.filter((of) => fold(local(of)) === folded);
  if (same !== undefined && others.length === 0) return same;
  throw wrong(
    "value-unknown",
    `${quote(text)} is not one of the values of ${name}.`,
    `Use one of ${enumeration.slice(0, 8).map(local).join(", ")}${enumeration.length > 8 ? ", …" : ""}.`,
  );
}

const local = (qualified: string): string => qualified.slice(qualified.indexOf(":") + 1);
const fold = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .replace(/member$/, "");

function wrong(
  reason: "date-wrong" | "value-unknown",
  sentence: string,
  hint: string,
  code?: string,
): Rejection {
  return new Rejection(reason, "value", sentence, hint, code);
}
