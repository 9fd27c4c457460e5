import { foldRun, type RunState } from "../fold.ts";
import type { ChainVerdict } from "../journal.ts";
import type { Identity } from "../identity.ts";
import type { JournalEntry, RunEvent } from "../timeline.ts";
import { gapsOf, type Gap } from "./gaps.ts";
import { peopleOf, type Person } from "./people.ts";
import { proofsOf, type Proof } from "./proofs.ts";
import { roundsOf, type Round } from "./rounds.ts";
import { seriesOf, type VitalSeries } from "./series.ts";
import { storiesOf, type StepStory } from "./steps.ts";
import { timeSplit, type TimeSplit } from "./time.ts";

/** An event with when it happened and where in the record it stands. */
type Dated<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }> & {
  readonly at: string;
  readonly seq: number;
};

/** Whether the record holds, and how far it could be read. */
type RecordFacts = {
  readonly entries: number;
  readonly firstHash: string;
  readonly lastHash: string;
  readonly lastAt: string;
  readonly chain: ChainVerdict;
  /** Entries after this one could not be read as what they claim to be, and are left out. */
  readonly readTo?: number;
};

/** What a run's journal knows, and what it cannot know; the JSON of `ops postmortem`. Every member comes from an entry. */
export type Postmortem = {
  readonly run: string;
  readonly runbook: string;
  readonly title: string;
  readonly summary: string;
  readonly severity: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly tier: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly content: string;
  readonly planOnly: boolean;
  readonly asked: { readonly at: string; readonly by: Identity; readonly reason?: string };
  readonly alert?: { readonly name: string; readonly since: string; readonly summary: string };
  readonly parent?: { readonly run: string; readonly depth: number };
  readonly child?: NonNullable<RunState["child"]>;
  /** Absent while the run is open. */
  readonly ended?: NonNullable<RunState["ended"]>;
  readonly phase: RunState["phase"];
  readonly record: RecordFacts;
  readonly time: TimeSplit;
  readonly people: readonly Person[];
  readonly rounds: readonly Round[];
  readonly steps: readonly StepStory[];
  /** Titles of what was done and is still so, with its effect. */
  readonly stayed: readonly StepStory[];
  readonly undone: readonly StepStory[];
  /** May have happened; nobody has looked yet, or looking could not tell. */
  readonly unclear: readonly StepStory[];
  /** Tried, and did not come true in time; part of it may have happened. */
  readonly failed: readonly StepStory[];
  readonly notDone: readonly StepStory[];
  readonly approvals: readonly Dated<ApprovalType>[];
  readonly locks: readonly Dated<LockType>[];
  readonly turns: readonly Dated<TurnType>[];
  readonly signals: readonly Dated<"signal.received">[];
  readonly beside: readonly Dated<"during.sampled">[];
  readonly proofs: readonly Proof[];
  readonly vitals: readonly VitalSeries[];
  readonly glass?: NonNullable<RunState["glass"]> & { readonly reviewed?: NonNullable<RunState["reviewed"]> };
  readonly notes: RunState["notes"];
  readonly afterwards: readonly string[];
  readonly gaps: readonly Gap[];
};

const approvalTypes = [
  "approval.asked",
  "approval.given",
  "approval.refused",
  "approval.revoked",
  "approval.escalated",
  "approval.expired",
] as const;
type ApprovalType = (typeof approvalTypes)[number];

const lockTypes = [
  "lock.taken",
  "lock.released",
  "lock.lost",
  "lock.kept",
  "lock.freed",
  "lock.missing",
] as const;
type LockType = (typeof lockTypes)[number];

const turnTypes = ["run.interrupted", "run.resumed", "undo.asked"] as const;
type TurnType = (typeof turnTypes)[number];

/**
 * The facts of a run, from its entries alone; undefined when they do not begin with what was asked. `readTo` says that entries after
 * that one were left out, because they cannot be read as what they claim to be.
 */
export function postmortemOf(
  entries: readonly JournalEntry[],
  chain: ChainVerdict,
  readTo?: number,
): Postmortem | undefined {
  const state = foldRun(entries);
  if (state === undefined) return undefined;
  const { run, runbook, title, summary, severity, environment, tier, params, content, planOnly } = state;
  const { reason, alert, parent, child, ended, glass, reviewed } = state;
  const steps = storiesOf(entries, state);
  const time = timeSplit(entries);
  return {
    run,
    runbook,
    title,
    summary,
    severity,
    environment,
    tier,
    params,
    content,
    planOnly,
    asked: { at: state.askedAt, by: state.askedBy, ...(reason === undefined ? {} : { reason }) },
    ...(alert === undefined ? {} : { alert }),
    ...(parent === undefined ? {} : { parent }),
    ...(child === undefined ? {} : { child }),
    ...(ended === undefined ? {} : { ended }),
    phase: state.phase,
    record: {
      entries: entries.length,
      firstHash: entries[0]?.hash ?? "",
      lastHash: state.lastHash,
      lastAt: state.lastAt,
      chain,
      ...(readTo === undefined ? {} : { readTo }),
    },
    time,
    people: peopleOf(entries),
    rounds: roundsOf(entries),
    steps,
    stayed: steps.filter(
      (step) => step.state === "done" && step.kind === "step" && step.undoes === undefined,
    ),
    undone: steps.filter(({ state }) => state === "undone"),
    unclear: steps.filter(
      ({ state, kind }) => kind === "step" && (state === "unknown" || state === "running"),
    ),
    failed: steps.filter(({ state }) => state === "failed"),
    notDone: steps.filter(({ state }) => state === "next" || state === "skipped"),
    approvals: dated(entries, approvalTypes),
    locks: dated(entries, lockTypes),
    turns: dated(entries, turnTypes),
    signals: dated(entries, ["signal.received"]),
    beside: dated(entries, ["during.sampled"]),
    proofs: proofsOf(entries),
    vitals: seriesOf(
      entries,
      state.vitals.map(({ label }) => label),
    ),
    ...(glass === undefined ? {} : { glass: { ...glass, ...(reviewed === undefined ? {} : { reviewed }) } }),
    notes: state.notes,
    afterwards: state.afterwards,
    gaps: gapsOf(state, steps, time, chain),
  };
}

/** The events of these kinds, each with its instant and its place in the record. */
function dated<Type extends RunEvent["type"]>(
  entries: readonly JournalEntry[],
  types: readonly Type[],
): readonly Dated<Type>[] {
  const isOne = (event: RunEvent): event is Extract<RunEvent, { type: Type }> =>
    (types as readonly string[]).includes(event.type);
  return entries.flatMap(({ event, at, seq }) => (isOne(event) ? [{ ...event, at, seq }] : []));
}
