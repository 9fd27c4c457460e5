import { expect, onTestFinished, test } from "vitest";
import type { Delivery, Destination, Tidings } from "#kit/outbox.ts";
import { drain } from "#kit/run/deliver.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { bench, lena, type Bench } from "#test/fakes/engine.ts";

/** A destination that keeps what it was told and can be down. */
function listener(name = "listener") {
  const told: { cursor: number; last: string }[] = [];
  const made: Destination & { readonly told: typeof told; down: boolean; halfway: boolean } = {
    told,
    down: false,
    halfway: false,
    name,
    async deliver({ entries, state, cursor, memory }: Tidings): Promise<Delivery> {
      if (made.down) return { cursor, memory, failure: { reason: "503", retryAfterMs: 1_000 } };
      if (made.halfway) {
        made.halfway = false;
        return { cursor: cursor + 2, memory: "half", failure: { reason: "cut off" } };
      }
      told.push({ cursor, last: entries.at(-1)?.event.type ?? "" });
      return { cursor: state.lastSeq, memory: "whole" };
    },
  };
  return made;
}

async function solved(): Promise<Bench> {
  const made = bench();
  onTestFinished(() => made.close());
  for (const machine of made.world.machines) machine.mood = "dead";
  made.approveSoon();
  await made.engine().run(platformDown, {}, { by: lena });
  return made;
}

test("a destination that was down for the whole run is told its end as soon as it is back", async () => {
  const made = await solved();
  const slack = listener();
  slack.down = true;

  const first = await drain(made.journal, "production", [slack], made.parts.clock, "a");
  slack.down = false;
  const tooSoon = await drain(made.journal, "production", [slack], made.parts.clock, "a");
  await made.parts.clock.sleep(1_001);
  const later = await drain(made.journal, "production", [slack], made.parts.clock, "a");

  expect(first).toEqual({ delivered: 0, waiting: 1, lastError: "503" });
  expect(tooSoon).toMatchObject({ delivered: 0, waiting: 1 });
  expect(later).toEqual({ delivered: 1, waiting: 0 });
  expect(slack.told).toEqual([{ cursor: 0, last: "run.ended" }]);
});

test("what went through before a failure is not told again", async () => {
  const made = await solved();
  const slack = listener();
  slack.halfway = true;

  await drain(made.journal, "production", [slack], made.parts.clock, "a");
  await made.parts.clock.sleep(60_000);
  await drain(made.journal, "production", [slack], made.parts.clock, "a");

  expect(slack.told).toEqual([{ cursor: 2, last: "run.ended" }]);
});

test("nothing new means nothing is told, and one destination that is down does not hold up another", async () => {
  const made = await solved();
  const [slack, pager] = [listener("slack"), listener("pager")];
  slack.down = true;

  await drain(made.journal, "production", [slack, pager], made.parts.clock, "a");
  await drain(made.journal, "production", [slack, pager], made.parts.clock, "a");

  expect(pager.told).toHaveLength(1);
  expect(await made.journal.undelivered("production", ["pager"])).toEqual([]);
});

test("a destination that throws is a failure to be tried again, not an error of the run", async () => {
  const made = await solved();
  const broken: Destination = { name: "broken", deliver: async () => Promise.reject(new Error("bad token")) };

  expect(await drain(made.journal, "production", [broken], made.parts.clock, "a")).toEqual({
    delivered: 0,
    waiting: 1,
    lastError: "bad token",
  });
});

test("while one process tells a destination, another leaves it alone", async () => {
  const made = await solved();
  const slack = listener();
  await made.journal.takeLock("outbox/listener", { run: "b", owner: "b", reason: "telling" }, 60_000);

  await drain(made.journal, "production", [slack], made.parts.clock, "a");

  expect(slack.told).toEqual([]);
});

test("a plan alone is told to nobody", async () => {
  const made = bench();
  onTestFinished(() => made.close());
  const slack = listener();

  await made.engine().plan(platformDown, {}, { by: lena });
  await drain(made.journal, "production", [slack], made.parts.clock, "a");

  expect(slack.told).toEqual([]);
});

test("the runs of one environment are never told to another's destinations", async () => {
  const made = await solved();
  const sandboxSlack = listener("slack:#practice");

  expect(await drain(made.journal, "sandbox", [sandboxSlack], made.parts.clock, "a")).toEqual({
    delivered: 0,
    waiting: 0,
  });
  expect(sandboxSlack.told).toEqual([]);
});
