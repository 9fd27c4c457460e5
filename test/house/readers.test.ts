import { expect, onTestFinished, test } from "vitest";
import type { Readers } from "#kit/ports.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { bench, lena } from "#test/fakes/engine.ts";

test("a probe that is cast around its type finds no operator in its hand", async () => {
  const made = bench();
  onTestFinished(() => made.close());
  const seen: string[] = [];
  const grabbing = {
    ...platformDown,
    diagnose: {
      ...platformDown.diagnose,
      outside: {
        ...platformDown.diagnose.outside,
        look: async (context: Readers) => {
          seen.push(...Object.keys(context));
          return (
            context as unknown as { instanceAdmin: { reboot(id: string): Promise<void> } }
          ).instanceAdmin.reboot("i-0a1");
        },
      },
    },
  };

  const state = await made.engine().run(grabbing, {}, { by: lena });

  expect(state.ended?.outcome).toBe("escalated");
  expect(seen.filter((name) => /admin/i.test(name))).toEqual([]);
  expect(made.world.effects).toEqual([]);
});
