import { toMs, type Duration } from "#kit/duration.ts";
import type { Sample } from "#kit/ports.ts";

/** What the platform's metrics say of its language models; each a list of series. */
export type ModelSamples = {
  /** `name`, `provider`: which model stands where in the chain, from 1. */
  readonly places: readonly Sample[];
  /** `provider`, `outcome`: questions of late. */
  readonly outcomes: readonly Sample[];
  /** `provider` is the model's name in the chain: 0 closed, 1 half open, 2 open. */
  readonly breakers: readonly Sample[];
  /** `provider`, `code`: by what the latest question failed; it stays until one is answered. */
  readonly failing: readonly Sample[];
  /** `scope`: 1 where it is off. */
  readonly switches: readonly Sample[];
};

/** One vendor of the chain, as its questions of late tell it. */
export type Vendor = {
  readonly vendor: string;
  /** From 1, of its first model. */
  readonly place: number;
  readonly answered: number;
  readonly failed: number;
  /** How it fails: by what its latest question failed, else the failure that came most often. */
  readonly mostly: string | undefined;
  /** Whether a breaker keeps questions away from it. */
  readonly leftAlone: boolean;
  /** `quiet`: nobody asked it of late, and nothing says that it fails. */
  readonly state: "off" | "fails" | "answers" | "quiet";
};

/** What the chain as a whole comes to. */
export type Chain = {
  /**
   * none: no model is set up; off: switched off as a whole; answers: the first that may be asked answers; falls-back: the first fails, a later
   * one is asked; stuck: the first fails and no later one was asked; out: none that may be asked answers.
   */
  readonly kind: "none" | "off" | "answers" | "falls-back" | "stuck" | "out";
  readonly vendors: readonly Vendor[];
  /** Those that may be asked and fail, in the order of the chain. */
  readonly failing: readonly Vendor[];
  /** The vendor that answers, or would be asked; undefined where none would. */
  readonly by: Vendor | undefined;
  /** Whether the rules take over where no model answers; otherwise reports wait. */
  readonly rulesTakeOver: boolean;
};

/** Outcomes by which a vendor shows that it works, though the answer may not be taken. */
const worked: ReadonlySet<string> = new Set(["ok", "refusal", "length", "schema"]);
/** Outcomes of questions that never left us, or ran out of time before they did. */
const notAsked: ReadonlySet<string> = new Set(["breaker-open", "switched-off", "vendor-off", "time-spent"]);

/** So many failures are more than bad luck. */
const fewestFailures = 3;

/** How far back questions count as of late, in whole seconds: five times as long as a symptom lasts before its alarm sounds, and half a minute at least. */
export function lateSeconds(outage: Duration): number {
  return Math.max(30, Math.ceil((toMs(outage) * 5) / 1_000));
}

/** Whether that failure means an answer that never comes, which holds each report up for as long as we wait. */
export function hangs(code: string | undefined): boolean {
  return code === "no-answer" || code === "cut";
}

/** Whether people have to mend it: money, or our own key, request or model; another vendor would only hide it. */
export function needsPerson(code: string | undefined): "quota" | "ours" | undefined {
  if (code === "quota-exhausted") return "quota";
  return code === "key-refused" || code === "request-refused" || code === "model-retired"
    ? "ours"
    : undefined;
}

/** Judges the chain of language models by its metrics. Names that are not a vendor's are left out. */
export function judgeModels(samples: ModelSamples): Chain {
  const { places, switches } = samples;
  const isOff = (scope: string): boolean =>
    switches.some(({ labels, value }) => labels["scope"] === scope && value > 0);
  const rulesTakeOver = places.some(({ labels }) => labels["provider"] === "rules");
  const vendors = [...new Set(places.map(({ labels }) => labels["provider"] ?? ""))]
    .filter((vendor) => /^[a-z][a-z0-9]{0,20}$/.test(vendor) && vendor !== "rules")
    .map((vendor) => vendorOf(vendor, samples, isOff(`llm-${vendor}`)))
    .toSorted((a, b) => a.place - b.place || a.vendor.localeCompare(b.vendor));
  const on = vendors.filter(({ state }) => state !== "off");
  const failing = on.filter(({ state }) => state === "fails");
  const by = on.find(({ state }) => state !== "fails");
  const chain = { vendors, failing, by, rulesTakeOver };
  if (vendors.length === 0) return { ...chain, kind: "none" };
  if (isOff("llm") || isOff("all") || on.length === 0) return { ...chain, kind: "off" };
  if (by === undefined) return { ...chain, kind: "out" };
  const [first] = on;
  if (first === undefined || first.state !== "fails") return { ...chain, kind: "answers" };
  return { ...chain, kind: by.state === "quiet" && first.failed >= fewestFailures ? "stuck" : "falls-back" };
}

function vendorOf(
  vendor: string,
  { places, outcomes, breakers, failing }: ModelSamples,
  isOff: boolean,
): Vendor {
  const own = places.filter(({ labels }) => labels["provider"] === vendor);
  const names = new Set(own.map(({ labels }) => labels["name"]));
  const counts = new Map<string, number>();
  for (const { labels, value } of outcomes)
    if (labels["provider"] === vendor && value > 0) {
      const code = labels["outcome"] ?? "";
      counts.set(code, (counts.get(code) ?? 0) + value);
    }
  // Rates over a window are not whole.
  const sum = (wanted: (code: string) => boolean): number =>
    Math.round([...counts].reduce((all, [code, value]) => all + (wanted(code) ? value : 0), 0));
  const answered = sum((code) => worked.has(code));
  const failures = [...counts].filter(([code]) => !worked.has(code) && !notAsked.has(code));
  const failed = sum((code) => !worked.has(code) && !notAsked.has(code));
  const latest = failing
    .flatMap(({ labels, value }) => (names.has(labels["name"]) && value > 0 ? [labels["code"] ?? ""] : []))
    .toSorted();
  const [most] = failures.toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b));
  const leftAlone = breakers.some(({ labels, value }) => names.has(labels["provider"]) && value > 0);
  const fails = leftAlone || (failed >= fewestFailures && failed > answered);
  return {
    vendor,
    place: Math.min(...own.map(({ value }) => value)),
    answered,
    failed,
    mostly: latest[0] ?? most?.[0],
    leftAlone,
    state: isOff ? "off" : fails ? "fails" : answered > 0 ? "answers" : "quiet",
  };
}

const words: Readonly<Record<string, string>> = {
  overloaded: "is overloaded",
  unreachable: "cannot be reached",
  "no-answer": "takes questions and does not answer",
  cut: "breaks off in the middle",
  "server-error": "fails on its side",
  "rate-limited": "limits our rate",
  "quota-exhausted": "says that our account has no quota left",
  "key-refused": "refuses our key",
  "request-refused": "refuses our requests",
  "model-retired": "does not know our model any more",
};

/** A failing vendor in words: "anthropic is overloaded (12 of 12 questions failed)". */
export function failureText({ vendor, mostly, failed, answered, leftAlone }: Vendor): string {
  const what = words[mostly ?? ""] ?? "fails";
  const counted =
    failed === 0 ? "nobody asked it of late" : `${failed} of ${failed + answered} questions failed`;
  return `${vendor} ${what} (${counted}${leftAlone ? ", its breaker is open" : ""})`;
}

/** Names what is told about a state of the chain, whoever tells it: the same in every run while that state lasts. */
export function toldKey({ kind, failing }: Chain): string {
  return `llm-api-outage:${kind}:${failing.map(({ vendor }) => vendor).join("+")}`;
}
