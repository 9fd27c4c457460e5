import { expect, onTestFinished, test } from "vitest";
import type { Delivery, Destination, Tidings } from "#kit/outbox.ts";
import { drain, owed } from "#kit/run/deliver.ts";
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

test("a vendor's Retry-After is kept within reason, and backing off ends at five minutes", async () => {
  const made = await solved();
  const asked: { retryAfterMs?: number } = { retryAfterMs: 1e12 };
  const slack: Destination = {
    name: "slack",
    deliver: async ({ cursor, memory }) => ({ cursor, memory, failure: { reason: "429", ...asked } }),
  };
  const pause = async () => {
    await drain(made.journal, "production", [slack], made.parts.clock, "a", { now: true });
    const [row] = await owed(made.journal, "production", ["slack"]);
    return Date.parse(row?.nextAt ?? "") - made.parts.clock.now().getTime();
  };

  const longest = await pause();
  asked.retryAfterMs = 0;
  const shortest = await pause();
  asked.retryAfterMs = Number.NaN;
  const broken = await pause();
  delete asked.retryAfterMs;
  const own: number[] = [];
  for (let attempt = 0; attempt < 12; attempt += 1) own.push(await pause());

  expect([longest, shortest]).toEqual([3_600_000, 500]);
  expect(broken).toBeGreaterThan(0);
  expect(own.at(-1)).toBe(300_000);
  expect(own).toEqual(own.toSorted((a, b) => a - b));
});

test("through a storm of 429 the end is told, once, as soon as the storm is over", async () => {
  const made = await solved();
  const slack = listener();
  let storm = 40;
  const stormy: Destination = {
    name: slack.name,
    deliver: async (tidings) => {
      storm -= 1;
      return storm > 0
        ? { cursor: tidings.cursor, memory: tidings.memory, failure: { reason: "429", retryAfterMs: 2_000 } }
        : slack.deliver(tidings);
    },
  };

  for (let tries = 0; tries < 60; tries += 1) {
    await drain(made.journal, "production", [stormy], made.parts.clock, "a");
    await made.parts.clock.sleep(2_001);
  }

  expect(slack.told).toEqual([{ cursor: 0, last: "run.ended" }]);
});

test("what was refused for good is passed over, named, and does not hold up what follows", async () => {
  const made = await solved();
  const refused = "Slack refused the reply up to entry 7 (invalid_blocks) for good";
  const picky: Destination = {
    name: "slack",
    deliver: async ({ state, cursor }) => ({
      cursor: state.lastSeq,
      memory: null,
      ...(cursor === 0 ? { refused } : {}),
    }),
  };
  const run = (await made.journal.runs({ limit: 1 }))[0]?.run ?? "";

  await drain(made.journal, "production", [picky], made.parts.clock, "a");
  await made.journal.note(run, { type: "note.added", by: lena, text: "later" });
  const later = await drain(made.journal, "production", [picky], made.parts.clock, "a");

  expect(later).toEqual({ delivered: 1, waiting: 0 });
  expect(await owed(made.journal, "production", ["slack"])).toEqual([
    { destination: "slack", run, entries: 0, attempts: 0, why: refused },
  ]);
});

test("a destination that is down is asked about one run and not about each of a hundred", async () => {
  const made = await solved();
  for (let more = 0; more < 4; more += 1) await made.engine().run(platformDown, {}, { by: lena });
  let asked = 0;
  const down: Destination = {
    name: "slack",
    async deliver({ cursor, memory }) {
      asked += 1;
      return { cursor, memory, failure: { reason: "did not answer" } };
    },
  };

  const drained = await drain(made.journal, "production", [down], made.parts.clock, "a");

  expect(asked).toBe(1);
  expect(drained).toEqual({ delivered: 0, waiting: 5, lastError: "did not answer" });
});

test("a trouble with one run alone does not keep the others untold", async () => {
  const made = await solved();
  await made.engine().run(platformDown, {}, { by: lena });
  const asked: string[] = [];
  const pager: Destination = {
    name: "pagerduty",
    async deliver({ state, cursor, memory }) {
      asked.push(state.run);
      return asked.length === 1
        ? { cursor, memory, failure: { reason: "not yet", retryAfterMs: 2_000, onlyThis: true } }
        : { cursor: state.lastSeq, memory };
    },
  };

  const drained = await drain(made.journal, "production", [pager], made.parts.clock, "a");

  expect(new Set(asked).size).toBe(2);
  expect(drained).toMatchObject({ delivered: 1, waiting: 1 });
});

test("a destination that was bound long after a run ended is not told of it", async () => {
  const made = await solved();
  const [old, fresh] = [listener("old"), listener("fresh")];
  await drain(made.journal, "production", [old], made.parts.clock, "a");
  await made.parts.clock.sleep(25 * 3_600_000);
  const run = (await made.journal.runs({ limit: 1 }))[0]?.run ?? "";
  await made.journal.note(run, { type: "note.added", by: lena, text: "post-mortem written" });

  await drain(made.journal, "production", [old, fresh], made.parts.clock, "a");

  expect(old.told).toHaveLength(2);
  expect(fresh.told).toEqual([]);
});

test("a crash between telling and remembering tells again from the same place, with the same memory", async () => {
  const made = await solved();
  const slack = listener();
  const forgetful = { ...made.journal, saveDelivery: () => Promise.reject(new Error("killed")) };

  await drain(forgetful, "production", [slack], made.parts.clock, "a").catch(() => undefined);
  await drain(made.journal, "production", [slack], made.parts.clock, "b");

  expect(slack.told.map(({ cursor }) => cursor)).toEqual([0, 0]);
  expect(await owed(made.journal, "production", [slack.name])).toEqual([]);
});
