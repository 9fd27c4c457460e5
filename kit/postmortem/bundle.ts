import { createHash } from "node:crypto";
import { canonicalJson } from "../canonical.ts";
import { foldRun, step as fold, type RunState } from "../fold.ts";
import type { ChainVerdict } from "../journal.ts";
import { planDigest, type PlanIdentity } from "../plan.ts";
import type { JournalEntry } from "../timeline.ts";
import { readme } from "./bundle-readme.ts";
import { verifyScript } from "./bundle-verify.ts";

/** A file of the evidence: its name and its whole text. */
export type EvidenceFile = { readonly name: string; readonly text: string };

/** The evidence of a run, with what its reader must be told. */
export type Evidence = {
  readonly run: string;
  readonly files: readonly (EvidenceFile & { readonly sha256: string; readonly bytes: number })[];
  /** Entries in which a secret was masked on the way out, so that their hash cannot be recomputed from here. */
  readonly masked: readonly number[];
};

/**
 * Everything that is needed to check a run's record without this tool, as files. The same journal gives the same bytes: nothing here
 * knows the time, the machine or who asks. `redact` masks what became known as a secret after it was written.
 */
export function evidenceOf(
  run: string,
  record: { readonly entries: readonly JournalEntry[]; readonly chain: ChainVerdict },
  documents: readonly EvidenceFile[],
  redact: (text: string) => string,
): Evidence {
  const { entries, chain } = record;
  const hashed = entries.map(({ run, seq, at, event, prev }) => canonicalJson({ run, seq, at, event, prev }));
  const shown = hashed.map((line) => redact(line));
  const masked = entries.filter((_, index) => shown[index] !== hashed[index]).map(({ seq }) => seq);
  const plans = plansOf(entries);
  const state = readable(entries);
  const texts: readonly EvidenceFile[] = [
    { name: "entries.ndjson", text: lines(shown) },
    { name: "chain.txt", text: lines(entries.map(({ hash, seq }) => `${hash}  ${seq}`)) },
    ...plans.flatMap(({ round, identity, ...told }) => [
      { name: `plan-${round}.json`, text: pretty({ round, ...told }) },
      ...(identity === undefined
        ? []
        : [{ name: `plan-${round}.covered.json`, text: canonicalJson(identity) }]),
    ]),
    { name: "approvals.json", text: pretty(approvalsOf(entries)) },
    ...(state === undefined
      ? []
      : [
          { name: "environment.json", text: pretty({ tier: state.tier, identity: state.environment }) },
          { name: "runbook.json", text: pretty(runbookOf(state)) },
        ]),
    { name: "verify.sh", text: verifyScript },
    ...documents,
  ];
  const files = [
    ...texts,
    {
      name: "README.txt",
      text: readme({ run, entries, chain, masked, state, plans, names: texts.map(({ name }) => name) }),
    },
  ].map(({ name, text }) => sized({ name, text: name === "entries.ndjson" ? text : redact(text) }));
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const manifest = lines(sorted.map(({ name, sha256 }) => `${sha256}  ${name}`));
  return { run, files: [sized({ name: "MANIFEST.sha256", text: manifest }), ...sorted], masked };
}

/** A plan as it was made, and the bytes that its digest covers where the record has them whole. */
export type PlanEvidence = {
  readonly round: number;
  readonly seq: number;
  readonly plan: unknown;
  readonly need: unknown;
  readonly identity?: PlanIdentity;
};

function plansOf(entries: readonly JournalEntry[]): readonly PlanEvidence[] {
  const plans: PlanEvidence[] = [];
  let state: RunState | undefined;
  for (const entry of entries) {
    try {
      state = fold(state, entry);
      if (entry.event.type !== "plan.made" || state === undefined) continue;
      const { plan, need } = entry.event;
      const identity = coveredBy(state);
      plans.push({
        round: state.round,
        seq: entry.seq,
        plan,
        need,
        ...(identity === undefined ? {} : { identity }),
      });
    } catch {
      // An altered entry is in entries.ndjson as it is; what it claims is not repeated elsewhere.
      return plans;
    }
  }
  return plans;
}

/** What the digest was computed over; undefined when it does not come out again. */
function coveredBy({
  runbook,
  content,
  environment,
  params,
  round,
  plan,
}: RunState): PlanIdentity | undefined {
  if (plan === undefined) return undefined;
  const identity: PlanIdentity = {
    runbook,
    content,
    environment,
    params,
    ...(round > 1 ? { round } : {}),
    steps: plan.steps.map(({ kind, action, input, group }) => ({
      kind,
      action,
      input,
      ...(group === undefined ? {} : { group }),
    })),
  };
  return planDigest(identity) === plan.digest ? identity : undefined;
}

function approvalsOf(entries: readonly JournalEntry[]) {
  return entries
    .filter(({ event }) => /^(approval\.|glass\.|review\.)/.test(event.type))
    .map(({ seq, at, event }) => ({ seq, at, ...event }));
}

function runbookOf({ run, runbook, title, severity, content, params, askedBy, askedAt }: RunState) {
  return { run, runbook, title, severity, contentSha256: content, params, askedBy, askedAt };
}

function readable(entries: readonly JournalEntry[]): RunState | undefined {
  try {
    return foldRun(entries);
  } catch {
    return undefined;
  }
}

function sized({ name, text }: EvidenceFile) {
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { name, text, sha256, bytes: Buffer.byteLength(text) };
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
