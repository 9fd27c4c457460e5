import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { toMs } from "#kit/duration.ts";
import { createEngine, type Engine, type EngineParts } from "#kit/engine.ts";
import { isCodedError } from "#kit/errors.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { Journal, LockRow } from "#kit/journal.ts";
import { redactingJournal } from "#kit/redact/journal.ts";
import { createRedactor } from "#kit/redact/redactor.ts";
import type { Runbook } from "#kit/runbook.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { quickClock, type Passed, type QuickClock } from "./clock.ts";
import { startLife, type Life } from "./life.ts";
import { people } from "./people.ts";
import { chaosRunbook } from "./runbook.ts";
import type { CaseSpec, FaultSpec, RunSpec } from "./spec.ts";
import { canary, chaosWorld, times, type Effect, type World } from "./world.ts";

/** An effect with what the record said at its instant. */
export type Witnessed = Effect & {
  readonly run: string;
  /** Last entry of the run then. */
  readonly seq: number;
  readonly owner: string | undefined;
  readonly lock: LockRow | undefined;
};

/** How one piece of work of one process ended. */
type Ending = {
  readonly life: string;
  readonly did: string;
  readonly run: string | undefined;
  readonly ended: Passed<RunState | "killed">;
  /** Last entry of the run when it had ended. */
  readonly seq: number;
};

/** Everything that can be checked after a case. */
export type Story = {
  readonly spec: CaseSpec;
  readonly runs: ReadonlyMap<string, readonly JournalEntry[]>;
  readonly world: World;
  readonly effects: readonly Witnessed[];
  readonly endings: readonly Ending[];
  /** States that engines had, by run and number. */
  readonly states: readonly { readonly run: string; readonly seq: number; readonly state: RunState }[];
  readonly journal: Journal;
  readonly locks: readonly LockRow[];
  readonly touches: number;
  /** When the freeze began. */
  readonly frozenAt: string | undefined;
  /** Processes that were done and still touched something. */
  readonly lingering: readonly { readonly life: string; readonly after: number }[];
};

/** An engine maker; mutants bring another. */
export type EngineMaker = (parts: EngineParts) => Engine;

const lena = { name: "lena", host: "desk", via: "terminal" } as const;
const leaseMs = toMs(times.lease);
/** Lives without faults that may go on where the others stopped. */
const mostRecoveries = 2;

/** Plays one case to its end and gives what there is to check; `close` it. */
export async function play(
  spec: CaseSpec,
  make: EngineMaker = createEngine,
): Promise<Story & { close(): void }> {
  const clock = quickClock();
  const { frozenAfterS } = spec.run;
  const frozenAt =
    frozenAfterS === undefined
      ? undefined
      : new Date(clock.now().getTime() + frozenAfterS * 1_000).toISOString();
  const folder = spec.disk ? mkdtempSync(join(tmpdir(), "ops-chaos-")) : undefined;
  const file = openSqliteJournal(folder === undefined ? ":memory:" : join(folder, "journal.db"), {
    now: clock.now,
  });
  const specs: Record<string, RunSpec> = { a: spec.run, b: { ...spec.run, decides: "plan" }, c: spec.run };
  const world = chaosWorld(clock, specs, spec.secret ? canary : "none");
  const runs = new Map<string, JournalEntry[]>();
  const effects: Witnessed[] = [];
  const endings: Ending[] = [];
  const states: { run: string; seq: number; state: RunState }[] = [];
  const books = Object.entries(specs).map(([prefix, one]) => chaosRunbook(`chaos-${prefix}`, one));
  const redactor = createRedactor();
  redactor.add(canary, "CANARY");
  const safe = spec.secret ? redactingJournal(file, redactor) : file;
  const journal = watched(safe, runs, (entry) => outside.heard(entry));

  const common = {
    environment: {
      name: "production",
      tier: "production",
      identity: { account: "000012345678" },
      approvers: ["omar", "ana", "lena"],
    },
    policy: () => ({
      count: spec.run.need.count,
      requesterMay: spec.run.need.requesterMay,
      strength: "none" as const,
      rule: "chaos",
    }),
    calendar: ({ at }) =>
      frozenAt !== undefined && at.toISOString() >= frozenAt
        ? { kind: "freeze", name: "chaos", because: "", zone: "UTC" }
        : undefined,
    runbooks: books,
  } satisfies Partial<EngineParts>;
  const begin = (owner: string, faults: readonly FaultSpec[]) => {
    const life = startLife(owner, faults, { journal, clock, world });
    life.engine = make({
      ...common,
      ...life.parts,
      onEntry: (entry, state) => states.push({ run: state.run, seq: entry.seq, state }),
    });
    return life;
  };
  const outside = people({ spec, world, journal, clock, engine: () => begin("approver", []).engine });

  world.witness = (effect) => {
    const run =
      [...runs].find(([, [first]]) => effect.id.replace("~", "").startsWith(letterOf(first)))?.[0] ?? "";
    void Promise.all([file.row(run), file.locks()]).then(([row, locks]) =>
      effects.push({ ...effect, run, seq, owner: row?.owner, lock: locks.find((lock) => lock.run === run) }),
    );
    const seq = runs.get(run)?.length ?? 0;
  };

  const glass = { reason: "nobody can sign in any more", confirm: async () => true };
  const asking = {
    by: lena,
    ask: async () => answerOf(spec.run),
    ...(spec.run.glass === true ? { glass } : {}),
    ...(spec.run.without === undefined ? {} : { without: [String(spec.run.without)] }),
  };
  async function work(
    life: Life,
    did: string,
    run: () => string | undefined,
    what: (engine: Engine) => Promise<RunState>,
  ) {
    if (life.engine === undefined) throw new Error("no engine");
    const ended = await clock.until(Promise.race([life.killed, what(life.engine)]));
    if (ended.kind === "value" || ended.kind === "error") doneAt.set(life, life.touches());
    endings.push({ life: life.owner, did, run: run(), ended, seq: runs.get(run() ?? "")?.length ?? 0 });
    return ended;
  }
  const runOf = (letter: string) => [...runs].find(([, [first]]) => letterOf(first) === letter)?.[0];
  const book = (letter: string): Runbook => {
    const found = books.find(({ id }) => id === `chaos-${letter}`);
    if (found === undefined) throw new Error(`no runbook ${letter}`);
    return found;
  };

  const lives: Life[] = [];
  const doneAt = new Map<Life, number>();
  const start = (owner: string, faults: readonly FaultSpec[] = []) => {
    const life = begin(owner, faults);
    lives.push(life);
    return life;
  };
  const go = (life: Life, letter: string) => {
    const run = runOf(letter);
    return run === undefined
      ? work(
          life,
          "run",
          () => runOf(letter),
          (engine) => engine.run(book(letter), { prefix: letter }, asking),
        )
      : work(
          life,
          "resume",
          () => run,
          (engine) => engine.resume(run, asking),
        );
  };

  /** Goes on with the run in a process of its own. While that sleeps past its leases somebody else may take over, and then it wakes. */
  async function lived(life: Life, faults: readonly FaultSpec[]) {
    let usurping: Promise<unknown> = Promise.resolve();
    const usurp = async () => {
      await clock.sleep(leaseMs + 1_000);
      const run = runOf("a");
      if (run !== undefined && !isOver(runs.get(run))) await go(start(`${life.owner}-usurper`), "a");
    };
    const noticed = faults.some(({ kind, lasts }) => kind === "stall" && lasts % 2 === 0);
    if (noticed) void life.stalled.then(() => (usurping = usurp()));
    await go(life, "a");
    await clock.until(usurping);
  }

  const [first = [], ...more] = spec.lives;
  const beginning = lived(start("life-1", first), first);
  if (spec.beside === "lock") await Promise.all([beginning, go(start("life-b"), "b")]);
  else await beginning;
  for (const [index, faults] of more.entries()) {
    if (isOver(runs.get(runOf("a") ?? ""))) break;
    await leaseOver(clock, file, runOf("a"));
    const going = lived(start(`life-${index + 2}`, faults), faults);
    if (spec.beside === "resume" && index === 0 && runOf("a") !== undefined)
      await Promise.all([going, go(start("life-r"), "a")]);
    else await going;
  }
  for (let tries = 1; tries <= mostRecoveries && !isOver(runs.get(runOf("a") ?? "")); tries += 1) {
    await leaseOver(clock, file, runOf("a"));
    await go(start(`life-recovery-${tries}`), "a");
  }
  const run = runOf("a");
  if (spec.undoAfter && run !== undefined) {
    await leaseOver(clock, file, run);
    await work(
      start("life-undo"),
      "undo",
      () => run,
      (engine) => engine.undo(run, { by: lena }),
    );
  }
  if (run !== undefined) {
    await leaseOver(clock, file, run);
    await work(
      start("life-late"),
      "late",
      () => run,
      (engine) => engine.resume(run, { by: lena, wait: false }),
    );
  }
  return {
    spec,
    runs,
    world,
    effects,
    endings,
    states,
    journal: file,
    locks: await file.locks(),
    touches: lives[0]?.touches() ?? 0,
    frozenAt,
    lingering: [...doneAt]
      .map(([life, at]) => ({ life: life.owner, after: life.touches() - at }))
      .filter(({ after }) => after > 0),
    close() {
      file.close();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The record as everybody outside sees it: each entry is told as soon as it is stored. */
function watched(
  journal: Journal,
  runs: Map<string, JournalEntry[]>,
  heard: (entry: JournalEntry) => void,
): Journal {
  const told = (entry: JournalEntry) => {
    runs.set(entry.run, [...(runs.get(entry.run) ?? []), entry]);
    heard(entry);
    return entry;
  };
  return {
    ...journal,
    begin: async (...args) => {
      const begun = await journal.begin(...args);
      told(begun.entry);
      return begun;
    },
    append: async (...args) => told(await journal.append(...args)),
    note: async (...args) => told(await journal.note(...args)),
  };
}

function letterOf(first: JournalEntry | undefined): string {
  return first?.event.type === "run.asked" ? String(first.event.params["prefix"]) : "?";
}

function answerOf({ requester }: RunSpec): "given" | { readonly refused: string } | undefined {
  if (requester === "away") return undefined;
  return requester === "given" ? "given" : { refused: "not now" };
}

/** Whether `ops resume` refuses a run: it ended, and not half-way. */
export function isOver(entries: readonly JournalEntry[] | undefined): boolean {
  const state = foldRun(entries ?? []);
  if (state?.ended === undefined || halfWay.has(state.ended.outcome)) return false;
  const begun =
    state.steps.some(({ attempts }) => attempts > 0) && state.steps.some((step) => step.state !== "done");
  return !(begun && (state.ended.outcome === "guarded" || state.ended.outcome === "escalated"));
}

const halfWay: ReadonlySet<string> = new Set(["not-verified", "step-failed", "unknown", "interrupted"]);

/** Waits as a person does who is told that somebody else still has the run. */
async function leaseOver(clock: QuickClock, journal: Journal, run: string | undefined): Promise<void> {
  for (let waits = 0; waits < 20; waits += 1) {
    const row = run === undefined ? undefined : await journal.row(run);
    const until = Date.parse(row?.leaseUntil ?? "");
    const locks = (await journal.locks()).map((lock) => Date.parse(lock.until));
    const last = Math.max(...[until, ...locks].filter((one) => !Number.isNaN(one)), 0);
    if (last < clock.now().getTime()) return;
    await clock.until(clock.sleep(last - clock.now().getTime() + 1));
  }
}

/** For errors that a person may meet and that are no defect. */
export function codeOf(error: unknown): string {
  return isCodedError(error) ? error.code : "none";
}
