import { describe, expect, test } from "vitest";
import { batches, plan } from "#kit";
import type { Readers } from "#kit/ports.ts";
import type { Runbook } from "#kit/runbook.ts";
import { setOf, toyBench, toyBook, turnable, type Toy } from "#test/kit/semantics/toy.ts";

const because = { rule: "any", because: "a test says so" };

/** Every place that is handed readers, each reaching around its type for a hand. */
const grabs: Readonly<
  Record<string, (grab: (context: unknown) => Promise<never>, base: Runbook, toy: Toy) => Runbook>
> = {
  "a probe": (grab, base) => ({
    ...base,
    diagnose: {
      now: { ask: "?", look: grab, read: () => ({ state: "fine", says: "" }) },
    },
  }),
  "an optional probe": (grab, base) => ({
    ...base,
    optional: { also: { ask: "?", look: grab, read: () => ({ state: "fine", says: "" }) } },
  }),
  "a vital": (grab, base) => ({ ...base, vitals: [{ label: "pulse", look: grab }] }),
  "the capacity": (grab, base) => ({ ...base, capacity: grab }),
  "a watch": (grab, base) => ({ ...base, watches: { glance: { ...base.watches.glance, look: grab } } }),
  "a check": (grab, base) => ({
    ...base,
    verify: base.verify.map((one) => ({ ...one, check: { ...one.check, look: grab } })),
  }),
  "a check beside": (grab, base) => ({
    ...base,
    during: [{ ...turnable(() => "healthy"), look: grab }],
  }),
  "a look before": (grab, base, toy) => ({
    ...base,
    mitigate: { set: { ...setOf(toy), before: async (_input: unknown, readers: Readers) => grab(readers) } },
  }),
  "a confirm": (grab, base, toy) => ({
    ...base,
    mitigate: {
      set: {
        ...setOf(toy),
        confirm: async (_input: unknown, _before: unknown, readers: Readers) => grab(readers),
      },
    },
  }),
};

describe("cast around its type, no operator is in the hand of", () => {
  test.for(Object.entries(grabs))("%s", async ([, grabbing]) => {
    const toy = toyBench();
    const seen: string[] = [];
    let tries = 0;
    const grab = async (context: unknown): Promise<never> => {
      tries += 1;
      for (let one: unknown = context; one !== null && one !== undefined; one = Object.getPrototypeOf(one))
        seen.push(...Reflect.ownKeys(one).map(String));
      const hand = context as { readonly instanceAdmin: { reboot(id: string): Promise<void> } };
      await hand.instanceAdmin.reboot("i-0a1");
      throw new Error("it rebooted");
    };
    toy.sightings = [3];
    const base = toyBook(toy, ({ set, glance }) =>
      plan(because, [
        glance({ needle: "x" }),
        batches(["a"], (target) => set({ target, value: "on" }), { size: 1, floor: 1 }),
      ]),
    );

    await toy.run(grabbing(grab, base, toy));

    expect(tries).toBeGreaterThan(0);
    expect(seen.filter((name) => /admin|operator/i.test(name))).toEqual([]);
    expect(toy.world.effects).toEqual([]);
  });
});
