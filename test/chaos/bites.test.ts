import { expect, onTestFinished, test } from "vitest";
import { playOne, playPart } from "./corpus.ts";
import { asleepBeforeACall, asleepInACall } from "./found.ts";
import { planted, type Mutant } from "./mutants.ts";
import type { CaseSpec } from "./spec.ts";
import type { EngineMaker } from "./story.ts";

/** Defects that the corpus must find. An engine with one of them planted is a copy; the real one is not touched. */
const mutants: readonly (Mutant & ({ readonly seed: number } | { readonly spec: CaseSpec }))[] = [
  {
    name: "does an interrupted step again without looking",
    edits: [
      [
        "run/step.ts",
        'if (now.state === "running" || now.state === "unknown") {',
        "if (tries > mostTries) {",
      ],
    ],
    breaks: /no effect twice/,
    seed: 1,
  },
  {
    name: "acts without asking whether the lease still stands",
    edits: [["run/asked.ts", "await mayCall();", ""]],
    breaks: /only the (run's owner|lock's holder) acts/,
    spec: asleepBeforeACall,
  },
  {
    name: "acts before it is approved",
    edits: [
      ["run/drive.ts", "lockedEarly, approved, locked, stillTrue", "lockedEarly, locked, stillTrue"],
      [
        "run/stages.ts",
        "if (isTurningBack(state)) return;\n  mustBeAgreed",
        "if (state.round > 0) return;\n  mustBeAgreed",
      ],
    ],
    breaks: /no effect without its approval/,
    seed: 1,
  },
  {
    name: "forgets how many may fail",
    edits: [
      [
        "run/act.ts",
        "return worst(ends, failures(acting, group) > group.mayFail);",
        "return worst(ends, false);",
      ],
    ],
    breaks: /no batch begins after too many failures/,
    seed: 4,
  },
  {
    name: "ignores the floor",
    edits: [["run/floor.ts", "if (floor === 0) return true;", "if (floor >= 0) return true;"]],
    breaks: /the world is treated as it was said/,
    seed: 1,
  },
  {
    name: "drops an event",
    edits: [
      [
        "run/recorder.ts",
        "await journal.append(lease, event);",
        'if (event.type !== "step.started") await journal.append(lease, event);',
      ],
    ],
    breaks: /begun in the record before/,
    seed: 1,
  },
  {
    name: "calls a run solved without its proof",
    edits: [
      [
        "run/stages.ts",
        'if (holds) return { outcome: "solved" };',
        'if (holds || !holds) return { outcome: "solved" };',
      ],
    ],
    breaks: /solved means/,
    seed: 1,
  },
  {
    name: "does not say what cannot be taken back",
    edits: [["run/undo.ts", "if (calls === undefined) stays.push(done.title);", ""]],
    breaks: /undone means taken back, or named/,
    seed: 2,
  },
  {
    name: "takes back in the order in which it was done",
    edits: [["run/undo.ts", "inOrderDone(all).toReversed()", "inOrderDone(all)"]],
    breaks: /undone reaches the state before/,
    seed: 1,
  },
  {
    name: "lets an attempt act after it was given up on",
    edits: [["run/asked.ts", "closed = true;", "closed = false;"]],
    breaks: /no effect twice/,
    spec: asleepInACall,
  },
  {
    name: "goes on with a run that is over",
    edits: [["engine.ts", "    refuseWhenOver(state);\n", ""]],
    breaks: /a run that is over is not resumed/,
    seed: 1,
  },
  {
    name: "keeps renewing what it is done with",
    edits: [
      ["run/lease.ts", "async letGo() {\n      stop.abort();", "async letGo() {"],
      ["run/lease.ts", "if (!stop.signal.aborted) await renew();", "await renew();"],
    ],
    breaks: /holds nothing/,
    seed: 1,
  },
];

async function findBy(seed: number, make: EngineMaker): Promise<string | undefined> {
  const part = { kind: "strewn", seed, values: 200, disk: false } as const;
  const { failure } = await playPart(part, { make, shrink: false });
  return failure?.broken;
}

test.for(mutants)("the corpus finds an engine that $name", { timeout: 120_000 }, async (mutant) => {
  const { make, remove } = await planted(mutant);
  onTestFinished(remove);

  const broken = await ("spec" in mutant ? playOne(mutant.spec, make) : findBy(mutant.seed, make));

  expect(broken).toMatch(mutant.breaks);
});
