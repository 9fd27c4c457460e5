import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "./canonical.ts";
import type { Clock } from "./clock.ts";
import { formatMs } from "./duration.ts";
import { isCodedError } from "./errors.ts";
import { limitOf, stoppable } from "./limit.ts";
import type { PortsUsed } from "./uses.ts";

/** How one look at what runs depend on came out. A warning is seen and does not stop a run; unknown is never ready. */
export type ReadyState = "ready" | "warning" | "not-ready" | "unknown";

/** What needs the thing that was looked at: every run, runs that use one of these ports, these runbooks, or only the telling of others. */
export type Need =
  | "every-run"
  | "telling"
  | { readonly ports: readonly string[] }
  | { readonly runbooks: readonly string[] };

/** A runbook as far as readiness is concerned. */
export type Needing = { readonly id: string; readonly uses: PortsUsed };

/** What one look saw: a clause with its numbers, and what to do now where something is not as it should be. */
export type Outcome = { readonly state: ReadyState; readonly says: string; readonly now?: string };

/** One look that changes nothing. */
export type ReadinessProbe = {
  /** Stable, for scripts: `aws.act.credentials`. */
  readonly id: string;
  /** "AWS act role", as a person would name it. */
  readonly what: string;
  readonly needs: Need;
  look(): Promise<Outcome>;
};

/** A look that is over. */
export type ReadinessFinding = Omit<ReadinessProbe, "look"> & Outcome & { readonly tookMs: number };

/**
 * Looks, for at most so long. What is refused is not ready; what does not answer in time is unknown, and hides nothing else.
 * Where `starved` says that this process itself had no time to hear the answer, the look gets the same time once more: a machine in
 * trouble is no fault of the tool.
 */
export async function runProbe(
  probe: ReadinessProbe,
  clock: Clock,
  withinMs: number,
  starved: () => boolean = () => false,
): Promise<ReadinessFinding> {
  const { id, what, needs } = probe;
  const began = clock.now().getTime();
  const looking = outcomeWhenOver(probe);
  const outcome =
    (await inTime(looking, clock, withinMs)) ??
    (starved() ? await inTime(looking, clock, withinMs) : undefined);
  const tookMs = clock.now().getTime() - began;
  const late = { state: "unknown", says: `no answer in ${formatMs(tookMs)}` } as const;
  return { id, what, needs, ...(outcome ?? late), tookMs };
}

async function outcomeWhenOver(probe: ReadinessProbe): Promise<Outcome> {
  try {
    return await probe.look();
  } catch (error) {
    return outcomeOf(error);
  }
}

/** The outcome, or undefined when it does not come in time. */
async function inTime(
  looking: Promise<Outcome>,
  clock: Clock,
  withinMs: number,
): Promise<Outcome | undefined> {
  const limit = limitOf(clock, withinMs);
  try {
    return await stoppable(looking, limit.signal);
  } catch (error) {
    if (limit.signal.aborted) return undefined;
    throw error;
  } finally {
    limit.clear();
  }
}

/** What a look that threw means: a refusal or an unreachable tool is known not to be ready; a defect of ours says nothing about the tool. */
export function outcomeOf(error: unknown): Outcome {
  if (!isCodedError(error))
    return { state: "unknown", says: error instanceof Error ? error.message : String(error) };
  return { state: "not-ready", says: withoutStop(error.summary), now: error.hint };
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

// ----- Clocks -----

const warnAboveMs = 2_000;
const failAboveMs = 30_000;

/**
 * What a foreign clock means for this host. Leases are promises about time, and a clock half a minute off makes them lie.
 * `errorMs` is how far off the measurement itself may be; only what is beyond it counts.
 */
export function judgeClock(aheadMs: number, errorMs: number): Outcome {
  const off = Math.abs(aheadMs);
  const sure = Math.max(0, off - errorMs);
  if (sure <= warnAboveMs)
    return { state: "ready", says: `within ${formatMs(Math.max(off, errorMs))} of this host's` };
  const says = `${formatMs(off)} ${aheadMs > 0 ? "ahead of" : "behind"} this host's (at most ${failAboveMs / 1_000} s)`;
  const now = "Compare both with a third clock, then mend the one that is wrong: timedatectl status";
  return { state: sure > failAboveMs ? "not-ready" : "warning", says, now };
}

// ----- What findings mean for a runbook -----

/** Whether a runbook can run, from the findings that it needs; the first reason where it cannot. */
export type RunbookReadiness = {
  readonly state: "ready" | "not-ready" | "unknown";
  readonly because: string;
};

/** Judges a runbook by what it needs and nothing else. */
export function readinessFor(runbook: Needing, findings: readonly ReadinessFinding[]): RunbookReadiness {
  const relevant = findings.filter((finding) => isNeeded(finding.needs, runbook));
  for (const state of ["not-ready", "unknown"] as const) {
    const found = relevant.filter((finding) => finding.state === state);
    const [first] = found;
    if (first === undefined) continue;
    const more = found.length === 1 ? "" : `, and ${found.length - 1} more`;
    return { state, because: `${first.what}: ${first.says}${more}` };
  }
  return { state: "ready", because: `${relevant.length} findings, none against it` };
}

/** True when a run of this runbook depends on it. */
export function isNeeded(needs: Need, { id, uses }: Needing): boolean {
  if (typeof needs === "string") return needs === "every-run";
  if ("runbooks" in needs) return needs.runbooks.includes(id);
  return needs.ports.some((port) => uses.readers.has(port) || uses.operators.has(port));
}

/** 0 when all is ready, 3 when something is not, 7 when something is not known; as `ops check`. */
export function exitOfReadiness(findings: readonly ReadinessFinding[]): 0 | 3 | 7 {
  if (findings.some(({ state }) => state === "not-ready")) return 3;
  return findings.some(({ state }) => state === "unknown") ? 7 : 0;
}

// ----- What is remembered -----

const instant = z.iso.datetime();

/** A runbook's readiness as it was last checked in an environment. */
export const CheckedReadiness = z.object({
  state: z.enum(["ready", "not-ready", "unknown"]),
  because: z.string().max(600),
  at: instant,
  /** Of the environment file that was checked; another file is another place. */
  place: z.string(),
});
export type CheckedReadiness = z.infer<typeof CheckedReadiness>;

/** A runbook's last run in a sandbox that ended solved. */
export const Drill = z.object({
  run: z.string(),
  environment: z.string(),
  at: instant,
  tookMs: z.number().min(0),
});
export type Drill = z.infer<typeof Drill>;

const freshMs = 24 * 3_600_000;

/** True when a check is too old to be believed. */
export function isStale({ at }: CheckedReadiness, now: Date): boolean {
  return now.getTime() - Date.parse(at) > freshMs;
}

/** Names what an environment file says, so that a check of another version of it is not taken for this one's. */
export function placeHash(file: object): string {
  return createHash("sha256").update(canonicalJson(file)).digest("hex").slice(0, 16);
}
