import { array, assert, asyncProperty, constantFrom, integer, record, type Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import { foldRun } from "#kit/fold.ts";
import type { Identity } from "#kit/identity.ts";
import type { JournalEntry, RunEvent } from "#kit/timeline.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { bench, lena } from "#test/fakes/engine.ts";

const people = ["omar", "ana", "lena", "mallory"] as const;
const hosts = ["desk", "laptop"] as const;

/** Something that somebody does at some moment of a run: when this event is seen for the n-th time, or before the run goes on. */
const deed = record({
  what: constantFrom("given", "given", "given", "revoked", "revoked-of-all", "refused", "given-other-plan"),
  who: constantFrom(...people),
  host: constantFrom(...hosts),
  when: constantFrom<RunEvent["type"]>(
    "approval.asked",
    "approval.given",
    "approval.revoked",
    "lock.taken",
    "plan.checked",
    "step.started",
    "run.resumed",
  ),
});
type Deed = typeof deed extends Arbitrary<infer T> ? T : never;

function eventOf({ what, who, host }: Deed, digest: string): RunEvent {
  const by: Identity = { name: who, host, via: "terminal" };
  switch (what) {
    case "given":
      return { type: "approval.given", digest, by, lookedAgain: "same" };
    case "given-other-plan":
      return { type: "approval.given", digest: "0".repeat(64), by, lookedAgain: "same" };
    case "refused":
      return { type: "approval.refused", digest, by, reason: "no" };
    case "revoked":
      return { type: "approval.revoked", digest, by, reason: "not yet" };
    case "revoked-of-all":
      return { type: "approval.revoked", digest, by, reason: "not yet", of: ["omar", "ana", "lena"] };
  }
}

/** Told apart from the engine's own counting: who says yes to this plan when the first step is announced, by the journal's order alone. */
function yesWhenItBegan(entries: readonly JournalEntry[]): {
  readonly names: Set<string>;
  readonly refused: boolean;
} {
  const names = new Set<string>();
  let digest = "";
  let refused = false;
  for (const { event } of entries) {
    if (event.type === "plan.made") digest = event.plan.digest;
    if (event.type === "step.started") break;
    if (!("digest" in event) || event.digest !== digest) continue;
    if (event.type === "approval.given" && ["omar", "ana"].includes(event.by.name)) names.add(event.by.name);
    if (event.type === "approval.revoked") for (const name of event.of ?? [event.by.name]) names.delete(name);
    if (event.type === "approval.refused") refused = true;
  }
  return { names, refused };
}

test("in no order of approvals, revocations, refusals and crashes is anything done without the approvals it needs", async () => {
  let acted = 0;
  await assert(
    asyncProperty(
      array(deed, { minLength: 1, maxLength: 8 }),
      integer({ min: 1, max: 2 }),
      integer({ min: 0, max: 3 }),
      async (deeds, count, resumes) => {
        const made = bench({ times: { poll: "5s", steady: "10s", verify: "30s", planExpiry: "1m" } });
        for (const machine of made.world.machines) machine.mood = "dead";
        const open = [...deeds];
        let digest = "";
        const engine = (owner: string) =>
          made.engine({
            owner,
            policy: () => ({ count, requesterMay: false, strength: "yes", rule: "test" }),
            onEntry({ run, event }) {
              if (event.type === "plan.made") digest = event.plan.digest;
              const next = open.findIndex(({ when }) => when === event.type);
              if (next < 0 || digest === "") return;
              const [chosen] = open.splice(next, 1);
              if (chosen !== undefined) void made.journal.note(run, eventOf(chosen, digest));
            },
          });

        try {
          let state = await engine("desk:0:aaaaaa").run(platformDown, {}, { by: lena, wait: resumes === 0 });
          for (let life = 1; life <= resumes && state.ended === undefined; life += 1)
            state = await engine(`desk:${life}:aaaaaa`).resume(state.run, {
              by: lena,
              wait: life === resumes,
            });

          const entries = await made.journal.read(state.run);
          const { names, refused } = yesWhenItBegan(entries);
          if (made.world.effects.length > 0) {
            acted += 1;
            expect(names.size, JSON.stringify(deeds)).toBeGreaterThanOrEqual(count);
            expect(refused).toBe(false);
          }
          expect(foldRun(entries)?.ended).toBeDefined();
        } finally {
          made.close();
        }
      },
    ),
    { numRuns: 40, seed: 1 },
  );
  // Otherwise nothing was proved.
  expect(acted).toBeGreaterThan(2);
}, 120_000);
