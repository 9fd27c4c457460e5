/** What the stand-in for language models can be told to do wrong. */
const llmFaults = [
  "overloaded",
  "unavailable",
  "rate-limited",
  "server-error",
  "quota-exhausted",
  "retired",
  "key-revoked",
  "hang",
  "hang-midway",
  "cut",
  "ended-early",
  "stream-error",
  "garbled",
  "slow",
  "wrong-json",
  "wrong-schema",
  "invented-citation",
  "obedient",
  "refusal",
  "endless",
  "foreign-language",
] as const;
export type LlmFault = (typeof llmFaults)[number];

/** The vendors whose protocols it speaks. */
export type LlmVendor = "openai" | "anthropic";

/** The fault under which each vendor stands, for so many questions. */
export type LlmFaults = {
  /** The next `times` questions to this vendor go wrong in this way; every one until `clear` when left out. */
  readonly set: (vendor: LlmVendor, kind: LlmFault, times?: number) => void;
  readonly take: (vendor: LlmVendor) => LlmFault | undefined;
  /** What a look at the vendor meets; nothing is used up. */
  readonly peek: (vendor: LlmVendor) => LlmFault | undefined;
  readonly clear: () => void;
};

/** Nothing is wrong at first. */
export function llmFaultBoard(): LlmFaults {
  const due = new Map<LlmVendor, { kind: LlmFault; left: number }[]>();
  return {
    set: (vendor, kind, times = Number.POSITIVE_INFINITY) =>
      void due.set(vendor, [...(due.get(vendor) ?? []), { kind, left: times }]),
    take: (vendor) => {
      const first = due.get(vendor)?.find(({ left }) => left > 0);
      if (first !== undefined) first.left -= 1;
      return first?.kind;
    },
    peek: (vendor) => due.get(vendor)?.find(({ left }) => left > 0)?.kind,
    clear: () => due.clear(),
  };
}

/** Name of a fault, from outside. */
export function isLlmFault(text: unknown): text is LlmFault {
  return llmFaults.some((one) => one === text);
}
