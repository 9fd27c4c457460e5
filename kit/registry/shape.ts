import { z } from "zod";
import { isDuration } from "../duration.ts";
import { weekdays } from "../zoned.ts";

/** What is wrong with a value that means to be a definition: which member, and the clause that says why. */
export type Flaw = { readonly member: string; readonly why: string };

type Rule = readonly [member: string, holds: (value: unknown) => boolean, why: string];

const isText = (value: unknown) => typeof value === "string" && value.trim() !== "";
const isId = (value: unknown) => typeof value === "string" && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(value);
const isFunction = (value: unknown) => typeof value === "function";
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isSeverity = (value: unknown) => typeof value === "string" && /^P[0-3]$/.test(value);
const optional = (holds: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || holds(value);
const every = (holds: (value: unknown) => boolean) => (value: unknown) =>
  isRecord(value) && Object.values(value).every(holds);
const list = (holds: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(holds);
const has =
  (...names: readonly string[]) =>
  (value: unknown) =>
    isRecord(value) && names.every((name) => value[name] !== undefined);

const isCheck = (value: unknown) => flawOf(value, checkRules) === undefined;
const isProbe = has("ask", "look", "read");
const isAction = has("title", "input", "risk", "label", "preview", "targets", "within", "before", "run");

const text = "must be a text";
const texts = "must be a list of texts";
const duration = 'must be a duration like "5m"';

const checkRules: readonly Rule[] = [
  ["id", isId, "must be words in lower case joined by hyphens"],
  ["title", isText, text],
  ["every", isDuration, duration],
  ["timeout", isDuration, duration],
  ["look", isFunction, "must be a function"],
  ["judge", isFunction, "must be a function"],
];

const alertRules: readonly Rule[] = [
  [
    "name",
    (value) => typeof value === "string" && /^[A-Z][A-Za-z0-9]+$/.test(value),
    "must be in PascalCase",
  ],
  ["title", isText, text],
  ["expr", isText, text],
  ["for", optional(isDuration), duration],
  ["severity", isSeverity, "must be P0, P1, P2 or P3"],
  ["team", isText, text],
  ["summary", isText, text],
  ["description", isText, text],
  ["watches", isCheck, "must be a check"],
];

const runbookRules: readonly Rule[] = [
  ["id", isId, "must be words in lower case joined by hyphens"],
  ["title", isText, text],
  ["summary", isText, text],
  ["severity", isSeverity, "must be P0, P1, P2 or P3"],
  ["owner", isText, text],
  ["implements", isTexts, texts],
  ["symptoms", isTexts, texts],
  ["trigger", list((value) => flawOf(value, alertRules) === undefined), "must be a list of alerts"],
  [
    "params",
    every((value) => value instanceof z.ZodType),
    "must hold a zod schema for each parameter, made with the toolkit's own zod",
  ],
  ["lock", isText, text],
  ["within", isDuration, duration],
  [
    "diagnose",
    (value) => isRecord(value) && Object.keys(value).length > 0,
    "asks nothing; at least one question comes before deciding",
  ],
  ["diagnose", every(isProbe), "must give ask, look and read for each question"],
  ["optional", optional(every(isProbe)), "must give ask, look and read for each question"],
  ["rules", every(isText), "must say in words what each rule does"],
  ["handsOverTo", optional(isTexts), "must be a list of runbook ids"],
  ["decide", isFunction, "must be a function"],
  ["mitigate", every(isAction), "must hold actions made with defineAction"],
  [
    "watches",
    optional(every(has("title", "input", "look", "judge"))),
    "must hold watches made with defineWatch",
  ],
  ["capacity", optional(isFunction), "must be a function"],
  ["during", optional(list(isCheck)), "must be a list of checks"],
  ["vitals", list(has("label", "look")), "must be a list of label and look"],
  [
    "verify",
    (value) => Array.isArray(value) && value.length > 0,
    "is empty, so no run of it could ever be proven to have helped",
  ],
  [
    "verify",
    list((value) => has("within", "steadyFor")(value) && isRecord(value) && isCheck(value["check"])),
    "must be a list of eventually(check, { within, steadyFor })",
  ],
  ["afterwards", isTexts, texts],
  ["onlyIn", optional((value) => value === "maintenance-window"), 'must be "maintenance-window"'],
];

const isClock = (value: unknown) => typeof value === "string" && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
const isRunbook = has("id", "params", "diagnose", "decide");

const scheduleRules: readonly Rule[] = [
  ["id", isId, "must be words in lower case joined by hyphens"],
  ["title", isText, text],
  ["cron", isText, text],
  ["timeZone", isText, text],
  [
    "in",
    (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
    "names no environment or tier to fire in",
  ],
  ["run", isRunbook, "must be a runbook, made with defineRunbook"],
  ["params", isRecord, "must hold the runbook's parameters; {} for none"],
  ["as", isText, text],
  [
    "missed",
    (value) =>
      value === "skip" || value === "run-once" || (isRecord(value) && isDuration(value["runOnceWithin"])),
    'must be "skip", "run-once" or { runOnceWithin: "6h" }',
  ],
  ["overlap", (value) => value === "skip" || value === "queue", 'must be "skip" or "queue"'],
  ["freeze", (value) => value === "skip" || value === "look", 'must be "skip" or "look"'],
  [
    "window",
    optional(
      (value) =>
        isRecord(value) &&
        isClock(value["from"]) &&
        isClock(value["to"]) &&
        value["from"] !== value["to"] &&
        optional(list((day) => weekdays.some((one) => one === day)))(value["days"]),
    ),
    'must be { from: "01:00", to: "05:00" }, with days like ["sat", "sun"] where only those count',
  ],
  ["jitter", optional(isDuration), duration],
];

/** How each kind of definition is told from whatever else a file exports, and what it has to hold. */
const shapes = {
  runbook: { marks: ["diagnose", "decide", "mitigate"], rules: runbookRules },
  check: { marks: ["look", "judge"], rules: checkRules },
  alert: { marks: ["expr", "watches"], rules: alertRules },
  schedule: { marks: ["cron", "timeZone"], rules: scheduleRules },
} as const satisfies Record<string, { readonly marks: readonly string[]; readonly rules: readonly Rule[] }>;

/** The kinds of definition that files hold. */
export type Kind = keyof typeof shapes;

/** True for what means to be such a definition, be it whole or not. */
export function meansToBe(kind: Kind, value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && shapes[kind].marks.some((mark) => mark in value);
}

/** The first flaw of a definition; undefined when it is whole. */
export function flawIn(kind: Kind, value: unknown): Flaw | undefined {
  return flawOf(value, shapes[kind].rules);
}

function flawOf(value: unknown, rules: readonly Rule[]): Flaw | undefined {
  if (!isRecord(value)) return { member: "", why: "is no object" };
  for (const [member, holds, why] of rules)
    if (!holds(value[member])) return { member, why: value[member] === undefined ? "is missing" : why };
  return undefined;
}
