import { step as fold, type RunState } from "../fold.ts";
import { countingApprovals } from "./approvals.ts";
import { openEvents, type JournalEntry, type RunEvent } from "../timeline.ts";

/** What the time of a run was spent on, in the order in which it is shown. */
export const timeKinds = [
  "detecting",
  "looking",
  "deciding",
  "waiting",
  "executing",
  "verifying",
  "unattended",
] as const;
export type TimeKind = (typeof timeKinds)[number];

/** A stretch of time; spans follow each other without gap or overlap. */
type TimeSpan = {
  readonly kind: TimeKind;
  /** What or whom it was spent on: "for approval, 1 of 2 given". */
  readonly what: string;
  /** Instants, ISO. */
  readonly from: string;
  readonly to: string;
  readonly ms: number;
};

/** Where the time went; the parts add up to the total exactly, because they are the same milliseconds. */
export type TimeSplit = {
  readonly from: string;
  readonly to: string;
  readonly totalMs: number;
  /** Milliseconds per kind; a kind that did not happen has 0. */
  readonly parts: Readonly<Record<TimeKind, number>>;
  readonly spans: readonly TimeSpan[];
  /** Entries whose clock was behind the entry before, and by how much; they count as no time. */
  readonly clockWentBack: readonly { readonly seq: number; readonly ms: number }[];
};

type Mode = { readonly kind: TimeKind; readonly what: string };
type Piece = Mode & { readonly fromMs: number; toMs: number };

/**
 * Splits a run's time from the alert, or from the question where none is known, to its end, or to its last entry while it has none.
 * Waiting is for people: approvals and manual steps. Unattended is between the last entry of a process that ended and the entry of
 * the one that took over; what was waited for meanwhile stays waiting. Watches count as verifying.
 */
export function timeSplit(entries: readonly JournalEntry[]): TimeSplit {
  const pieces: Piece[] = [];
  const wentBack: { seq: number; ms: number }[] = [];
  let state: RunState | undefined;
  let mode: Mode | undefined;
  let now = Number.NaN;
  /** Where the pieces begin that the owner of the run has not yet confirmed by an entry of its own. */
  let unconfirmed = 0;
  let end: number | undefined;
  for (const entry of entries) {
    const at = Date.parse(entry.at);
    state = fold(state, entry);
    if (state === undefined || Number.isNaN(at)) continue;
    if (entry.event.type === "run.asked") {
      now = at;
      addDetecting(pieces, entry.event, at);
    }
    if (at < now) wentBack.push({ seq: entry.seq, ms: now - at });
    const to = Math.max(now, at);
    if (mode !== undefined && to > now) pieces.push({ ...mode, fromMs: now, toMs: to });
    now = to;
    if (entry.event.type === "run.resumed") leaveUnattended(pieces, unconfirmed, entry.event);
    mode = modeAfter(state, entry.event, mode);
    if (!isOpen(entry.event)) unconfirmed = pieces.length;
    if (entry.event.type === "run.ended") end = now;
    if (entry.event.type === "run.resumed") end = undefined;
  }
  return summed(cut(pieces, end), entries, wentBack);
}

function isOpen({ type }: RunEvent): boolean {
  return (openEvents as readonly string[]).includes(type);
}

function addDetecting(pieces: Piece[], { alert }: RunEvent & { type: "run.asked" }, askedAt: number) {
  const since = Date.parse(alert?.since ?? "");
  if (alert === undefined || Number.isNaN(since) || since >= askedAt) return;
  const what = `from the alert ${alert.name} until somebody asked`;
  pieces.push({ kind: "detecting", what, fromMs: since, toMs: askedAt });
}

/** Nobody worked on what the dead process left, except that people may have been waited for. */
function leaveUnattended(
  pieces: Piece[],
  unconfirmed: number,
  { by, tookOver }: RunEvent & { type: "run.resumed" },
) {
  const lease = tookOver === undefined ? "" : `; the lease before ran until ${tookOver.until.slice(11, 19)}`;
  for (const [index, piece] of pieces.entries())
    if (index >= unconfirmed && piece.kind !== "waiting") {
      const ended = piece.kind === "unattended" ? `${piece.what}, ` : "";
      const what = `${ended}until ${by.name} took the run up again${lease}`;
      pieces[index] = { ...piece, kind: "unattended", what };
    }
}

/** Remarks after the end belong to the record, not to the time of the run. */
function cut(pieces: readonly Piece[], end: number | undefined): readonly Piece[] {
  if (end === undefined) return pieces;
  return pieces
    .filter((piece) => piece.fromMs < end)
    .map((piece) => ({ ...piece, toMs: Math.min(piece.toMs, end) }));
}

/** What the time after this event is spent on. */
function modeAfter(state: RunState, event: RunEvent, before: Mode | undefined): Mode {
  const same = before ?? { kind: "looking", what: "beginning" };
  switch (event.type) {
    case "run.asked":
    case "round.started":
    case "look.started":
      return {
        kind: "looking",
        what: event.type === "look.started" && event.again ? "once more" : "at what is wrong",
      };
    case "probe.answered":
      return state.probes.every(({ finding }) => finding !== undefined) && !event.again
        ? { kind: "deciding", what: "what to do" }
        : same;
    case "run.decided":
    case "plan.made":
    case "approval.refused":
    case "approval.expired":
      return { kind: "deciding", what: "what to do" };
    case "approval.asked":
    case "approval.given":
    case "approval.revoked":
    case "approval.escalated":
      return state.phase === "waiting" || same.kind === "waiting" ? waitingForApproval(state) : same;
    case "glass.broken":
      return { kind: "looking", what: "once more, and taking the lock" };
    case "verify.started":
    case "verify.held":
    case "verify.failed":
      return { kind: "verifying", what: "whether the trouble is gone" };
    case "handed.over":
      return { kind: "executing", what: `in ${event.child}, ${event.runbook}` };
    case "undo.asked":
      return { kind: "executing", what: "taking back what was done" };
    case "run.resumed":
      return afterResume(state);
    case "run.ended":
      return { kind: "unattended", what: `after it had ended: ${event.outcome}` };
    case "child.ended":
    case "review.done":
    case "lock.taken":
    case "lock.released":
    case "lock.lost":
    case "lock.kept":
    case "lock.freed":
    case "lock.missing":
    case "plan.checked":
    case "step.started":
    case "step.saw":
    case "step.done":
    case "step.skipped":
    case "watch.sampled":
    case "watch.judged":
    case "signal.received":
    case "during.sampled":
    case "step.failed":
    case "step.interrupted":
    case "step.settled":
    case "vital.sampled":
    case "verify.sampled":
    case "run.interrupted":
    case "note.added":
    case "refused":
      return state.phase === "acting" ? acting(state, same) : same;
  }
}

function waitingForApproval(state: RunState): Mode {
  const wanted = state.need?.count ?? 1;
  const counted = countingApprovals(state).length;
  if (counted >= wanted) return { kind: "looking", what: "once more, and taking the lock" };
  const given = wanted > 1 ? `, ${counted} of ${wanted} given` : "";
  const asked = state.escalations.at(-1)?.to.join(", ") ?? "";
  return { kind: "waiting", what: `for approval${given}${asked === "" ? "" : `, ${asked} asked`}` };
}

function afterResume(state: RunState): Mode {
  if (state.phase === "waiting") return waitingForApproval(state);
  if (state.phase === "looking") return { kind: "looking", what: "at what is wrong" };
  return state.phase === "acting"
    ? acting(state, { kind: "executing", what: "going on" })
    : { kind: "looking", what: "once more, and taking the lock" };
}

function acting(state: RunState, same: Mode): Mode {
  const waiting = state.steps.find((step) => step.state === "waiting");
  if (waiting !== undefined)
    return {
      kind: "waiting",
      what:
        waiting.kind === "wait"
          ? `for a person: ${waiting.input.ask}`
          : `for a person to judge: ${waiting.title}`,
    };
  const [running, ...beside] = state.steps.filter((step) => step.state === "running");
  if (running === undefined) return same.kind === "waiting" ? { kind: "executing", what: "going on" } : same;
  const more = beside.length === 0 ? "" : `, and ${beside.length} at the same time`;
  return { kind: running.kind === "watch" ? "verifying" : "executing", what: `${running.title}${more}` };
}

function summed(
  pieces: readonly Piece[],
  entries: readonly JournalEntry[],
  clockWentBack: TimeSplit["clockWentBack"],
): TimeSplit {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (last?.kind === piece.kind && last.what === piece.what && last.toMs === piece.fromMs)
      last.toMs = piece.toMs;
    else merged.push({ ...piece });
  }
  const parts = {
    detecting: 0,
    looking: 0,
    deciding: 0,
    waiting: 0,
    executing: 0,
    verifying: 0,
    unattended: 0,
  };
  for (const { kind, fromMs, toMs } of merged) parts[kind] += toMs - fromMs;
  const iso = (ms: number) => new Date(ms).toISOString();
  const asked = entries.find(({ event }) => event.type === "run.asked")?.at ?? entries[0]?.at ?? iso(0);
  const first = merged[0]?.fromMs;
  const last = merged.at(-1)?.toMs;
  return {
    from: first === undefined ? asked : iso(first),
    to: last === undefined ? asked : iso(last),
    totalMs: merged.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
    parts,
    spans: merged.map(({ kind, what, fromMs, toMs }) => ({
      kind,
      what,
      from: iso(fromMs),
      to: iso(toMs),
      ms: toMs - fromMs,
    })),
    clockWentBack,
  };
}
