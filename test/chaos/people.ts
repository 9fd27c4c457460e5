import type { Engine } from "#kit/engine.ts";
import type { Journal } from "#kit/journal.ts";
import type { JournalEntry, RunEvent } from "#kit/timeline.ts";
import type { QuickClock } from "./clock.ts";
import type { ApproverSpec, CaseSpec, ItemSpec } from "./spec.ts";
import { prefixOf, type World } from "./world.ts";

type Outside = {
  readonly spec: CaseSpec;
  readonly world: World;
  readonly journal: Journal;
  readonly clock: QuickClock;
  /** A fresh process of an approver. */
  readonly engine: () => Engine | undefined;
};

/** Everybody outside the processes that run: approvers, those who answer waits, and the world that moves on. They act on what is durable. */
export function people({ spec, world, journal, clock, engine }: Outside): {
  heard(entry: JournalEntry): void;
} {
  const letters = new Map<string, string>();
  const identity = (name: string) => ({ name, host: "desk", via: "terminal" }) as const;

  /** Later, and whatever comes of it: a refusal is an answer too. */
  function soon(afterS: number, work: () => Promise<unknown> | undefined) {
    clock
      .sleep(afterS * 1_000)
      .then(work)
      .catch(() => undefined);
  }

  function approve(run: string, digest: string, { who, afterS, does }: ApproverSpec) {
    const by = identity(who);
    const note = (event: RunEvent) => journal.note(run, event);
    if (does === "gives") soon(afterS, () => engine()?.approve(run, { digest, by }));
    if (does === "refuses") soon(afterS, () => engine()?.reject(run, { by, reason: "no" }));
    if (does === "gives-other")
      soon(afterS, () => note({ type: "approval.given", digest: "0".repeat(64), by, lookedAgain: "same" }));
    // An approver's process that looked in time and wrote too late.
    if (does === "notes-late")
      soon(121, () => note({ type: "approval.given", digest, by: identity("omar"), lookedAgain: "same" }));
    if (does === "revokes")
      soon(afterS, () => note({ type: "approval.revoked", digest, by, reason: "I was wrong" }));
  }

  function signal(run: string, name: string, item: Extract<ItemSpec, { item: "wait" }>, started: boolean) {
    const say = () => journal.note(run, { type: "signal.received", signal: name, by: identity("omar") });
    if (!started && item.signal === "early") soon(0, say);
    if (started && item.signal === "in-time") soon(20, say);
    if (started && item.signal === "late") soon(70, say);
  }

  const items = (letter: string, key: string): ItemSpec | undefined => {
    const [, round = "1", index = "0"] = /^[a-c](\d)\.(\d+)/.exec(key) ?? [];
    return (letter === "" ? [] : round === "1" ? spec.run.items : spec.run.second)[Number(index)];
  };

  return {
    heard({ run, event, seq }) {
      if (seq === 1) letters.set(run, prefixOf({ run, event, seq } as JournalEntry));
      const letter = letters.get(run) ?? "";
      if (event.type === "plan.made") {
        world.due.set(letter, {
          round: event.plan.steps.some(({ key }) => key.startsWith("R")) ? 2 : 1,
          ids: event.plan.steps
            .filter(({ kind, group }) => kind === "step" && group?.kind !== "batches")
            .map(({ input }) => (input as { readonly id: string }).id),
        });
        if (spec.run.moves !== "not") soon(spec.run.movesAfterS, async () => world.moved.add(letter));
        for (const step of event.plan.steps) {
          const item = step.kind === "wait" ? items(letter, step.action.replace("go-", "")) : undefined;
          if (item?.item === "wait") signal(run, step.action, item, false);
        }
      }
      if (event.type === "approval.asked")
        for (const approver of spec.run.approvers) approve(run, event.digest, approver);
      if (event.type === "step.started") {
        const name = /Say that ([a-c][\d.]+) is done/.exec(event.title)?.[1];
        const item = name === undefined ? undefined : items(letter, name);
        if (item?.item === "wait") signal(run, `go-${name}`, item, true);
      }
      if (event.type === "watch.judged" && event.verdict === "inconclusive") {
        const { key } = event;
        const value = answerTo(spec, key);
        if (value !== "nothing")
          soon(15, () =>
            journal.note(run, { type: "signal.received", signal: key, by: identity("ana"), value }),
          );
      }
    },
  };
}

/** What is answered to an inconclusive watch: as its item says. */
function answerTo({ run }: CaseSpec, key: string) {
  const [, round, index = "1"] = /^(R2-)?(\d+)/.exec(key) ?? [];
  const item = (round === undefined ? run.items : run.second)[Number(index) - 1];
  return item?.item === "watch" ? item.answer : "nothing";
}
