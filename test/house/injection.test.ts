import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseParams } from "#kit/run/begin.ts";
import { isCodedError } from "#kit/errors.ts";
import { loadRunbooks } from "#kit/registry.ts";
import { bench, lena } from "#test/fakes/engine.ts";

const runbooks = await loadRunbooks(join(import.meta.dirname, "../../runbooks"));

/** What comes in through chat, alert labels and tired fingers. */
const corpus = [
  "",
  " ",
  "-",
  "--all",
  "-rf",
  "--help",
  "api; reboot",
  "api && true",
  "api | tee /etc/passwd",
  "$(reboot)",
  "`reboot`",
  "${IFS}reboot",
  "api\nreboot",
  "api\r\nX-Injected: 1",
  "api\u0000",
  "'; DROP TABLE run; --",
  "../../etc/passwd",
  "/etc/passwd",
  "@/etc/passwd",
  "<!channel>",
  "<@U123>",
  "*bold* _it_",
  "[link](javascript:alert(1))",
  "<script>alert(1)</script>",
  "{{ .Values }}",
  "%s%s%n",
  "\u001b[2J\u001b[31mred",
  "\u202Eapi",
  "ａｐｉ",
  "a".repeat(100_000),
  "__proto__",
  "constructor",
  "null",
  "undefined",
  "NaN",
];

describe.for(
  runbooks.flatMap((runbook) =>
    Object.keys(runbook.params as object).map((name) => [runbook, name] as const),
  ),
)("parameter %o", ([runbook, name]) => {
  test(`${runbook.id} --${name} refuses every hostile text, or takes it to be a name that the inventory does not have`, async () => {
    for (const hostile of corpus) {
      let values: Readonly<Record<string, unknown>>;
      try {
        values = parseParams(runbook, { [name]: hostile });
      } catch (error) {
        expect(isCodedError(error) && error.code, hostile.slice(0, 40)).toBe("params-invalid");
        continue;
      }
      const made = bench();
      onTestFinished(() => made.close());
      for (const machine of made.world.machines) machine.mood = "dead";
      made.approveSoon();
      const state = await made.engine().run(runbook, values, { by: lena });
      expect(state.ended?.outcome, hostile.slice(0, 40)).toBe("escalated");
      expect(made.world.effects).toEqual([]);
    }
  });

  test(`${runbook.id} --${name} refuses what is no text at all`, () => {
    for (const wrong of [7, true, null, [], {}, ["api"], { toString: "api" }])
      expect(() => parseParams(runbook, { [name]: wrong })).toThrow(
        expect.objectContaining({ code: "params-invalid" }),
      );
  });
});
