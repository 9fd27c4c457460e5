import { describe, expect, onTestFinished, test } from "vitest";
import type { JournalEntry } from "#kit/timeline.ts";
import { renderTimeline } from "#kit/render/timeline.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { bench, lena, type Bench } from "#test/fakes/engine.ts";
import type { World } from "#test/fakes/world.ts";

const screen = { columns: 100, rows: 40, color: false, ascii: false, suffix: "" };

/** Plays the runbook against a fake world on a virtual clock, with production's times; gives the timeline people would read. */
async function rehearse(prepare: (world: World, made: Bench) => void): Promise<string> {
  const made = bench();
  onTestFinished(() => made.close());
  prepare(made.world, made);
  made.approveSoon();
  const { run } = await made.engine().run(platformDown, {}, { by: lena });
  const entries: readonly JournalEntry[] = await made.journal.read(run);
  return renderTimeline(screen, entries)
    .join("\n")
    .replaceAll(run, "r-0001")
    .replaceAll(/r-[0-9a-f]{8}\b/g, "r-00000002")
    .replaceAll(/\b[0-9a-f]{4}-[0-9a-f]{4}\b/g, "plan-hash");
}

const everyoneIs = (world: World, mood: World["machines"][number]["mood"]) => {
  for (const machine of world.machines) machine.mood = mood;
};

describe("platform-down, rehearsed:", () => {
  test("both processes are gone", async () => {
    expect(await rehearse((world) => everyoneIs(world, "dead"))).toMatchInlineSnapshot(`
      "PRODUCTION  000012345678 eu-central-1                     r-0001  2026-11-21 UTC
      03:12:00  asked     Platform down by lena
      03:12:00  looked    8 questions: outside bad, workload bad, targets bad, servers bad, firewall fine,
                          machines noted, errors fine, deploys fine; plan, because 2 of 2 targets are out
                          of service and no recent deploy explains it             0 ms
      03:12:00  planned   plan-hash, 2 steps, disruptive
      03:12:00  approved  by omar (terminal)                       waited 0 s for omar
      03:12:30  did       Restart api-1 by force: api-1 takes work, 0 → 1 of 2 in service
                                                                                30.0 s
      03:13:00  did       Restart api-2 by force: api-2 takes work, 1 → 2 of 2 in service
                                                                                30.0 s
      03:14:00  held      /readyz says 200 in 3 ms; 2 of 2 targets healthy, steady for 60.0 s
      03:14:00  SOLVED    Solved in 2 min: the platform answers from outside and every API instance takes
                          traffic, steady for 60.0 s; 2 of 2 steps done.
                          act 1:00 · verify 1:00"
    `);
  });

  test("the first instance does not come back", async () => {
    expect(
      await rehearse((world) => {
        everyoneIs(world, "dead");
        const [first] = world.machines;
        if (first !== undefined) first.mood = "stuck";
      }),
    ).toMatchInlineSnapshot(`
      "PRODUCTION  000012345678 eu-central-1                     r-0001  2026-11-21 UTC
      03:12:00  asked     Platform down by lena
      03:12:00  looked    8 questions: outside bad, workload bad, targets bad, servers bad, firewall fine,
                          machines noted, errors fine, deploys fine; plan, because 2 of 2 targets are out
                          of service and no recent deploy explains it             0 ms
      03:12:00  planned   plan-hash, 2 steps, disruptive
      03:12:00  approved  by omar (terminal)                       waited 0 s for omar
      03:15:00  failed    "Restart api-1 by force" did not come true in 180 s; last seen: api-1 has not
                          begun to restart.                                      3 min
      03:15:00  FAILED    Stopped at step 1 of 2, Restart api-1 by force: "Restart api-1 by force" did not
                          come true in 180 s; last seen: api-1 has not begun to restart. 0 of 2 steps
                          done.
                          act 3:00"
    `);
  });

  test("a deploy minutes ago explains it", async () => {
    expect(
      await rehearse((world) => {
        everyoneIs(world, "dead");
        world.deploys = [
          {
            version: "1.1.0",
            previous: "1.0.0",
            at: "2026-11-21T03:00:00.000Z",
            instances: ["i-0a1", "i-0a2"],
          },
        ];
      }),
    ).toMatchInlineSnapshot(`
      "PRODUCTION  000012345678 eu-central-1                     r-0001  2026-11-21 UTC
      03:12:00  asked     Platform down by lena
      03:12:00  looked    8 questions: outside bad, workload bad, targets bad, servers bad, firewall fine,
                          machines noted, errors fine, deploys noted; hand-over, because every target that
                          is out runs 1.1.0, deployed at 03:00 UTC                0 ms
      03:12:00  handed    over to rollback, run r-00000002
      03:13:00  back      from r-00000002: Solved in 60.0 s: the platform answers from outside, steady for
                          60.0 s; 1 of 1 step done.
      03:14:00  held      /readyz says 200 in 3 ms; 2 of 2 targets healthy, steady for 60.0 s
      03:14:00  HANDED ON Handed over to rollback (r-00000002): Solved in 60.0 s: the platform answers
                          from outside, steady for 60.0 s; 1 of 1 step done. Proven here too: the platform
                          answers from outside and every API instance takes traffic.
                          act 1:00 · verify 1:00"
    `);
  });

  test("nothing explains it: every target is healthy and nobody gets an answer", async () => {
    expect(
      await rehearse((world) => {
        world.cutOff = true;
      }),
    ).toMatchInlineSnapshot(`
      "PRODUCTION  000012345678 eu-central-1                     r-0001  2026-11-21 UTC
      03:12:00  asked     Platform down by lena
      03:12:00  looked    8 questions: outside bad, workload fine, targets fine, servers fine, firewall
                          fine, machines fine, errors fine, deploys fine; escalate, because every target
                          is healthy and yet nobody gets an answer; look at DNS, certificates and the load
                          balancer itself                                         0 ms
      03:12:00  ESCALATED Needs a person: every target is healthy and yet nobody gets an answer; look at
                          DNS, certificates and the load balancer itself. Nothing was changed."
    `);
  });

  test("all is well", async () => {
    expect(await rehearse(() => undefined)).toMatchInlineSnapshot(`
      "PRODUCTION  000012345678 eu-central-1                     r-0001  2026-11-21 UTC
      03:12:00  asked     Platform down by lena
      03:12:00  looked    8 questions: outside fine, workload fine, targets fine, servers fine, firewall
                          fine, machines fine, errors fine, deploys fine; all-clear, because the platform
                          answers and 2 of 2 targets are healthy                  0 ms
      03:12:00  ALL CLEAR All clear: the platform answers and 2 of 2 targets are healthy. Nothing was
                          changed."
    `);
  });
});
