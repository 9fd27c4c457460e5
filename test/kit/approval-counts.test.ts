import { expect, onTestFinished, test } from "vitest";
import { countApprovals } from "#kit/approval-counts.ts";
import { renderApprovals } from "#kit/render/approvals.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { bench, lena, omar } from "#test/fakes/engine.ts";

const screen = { columns: 100, rows: 24, color: false, ascii: false, suffix: "" };

/** Three runs of one runbook: approved at once, left to expire, and behind broken glass. */
async function quarter() {
  const made = bench();
  onTestFinished(() => made.close());
  const outage = () => {
    for (const machine of made.world.machines) machine.mood = "dead";
  };
  const run = async (more: object = {}) => {
    outage();
    return made.engine().run(platformDown, {}, { by: lena, ...more });
  };
  const expired = await run();
  const glass = {
    reason: "users get 502 and nobody else answers the phone",
    confirm: async () => true,
  };
  const broken = await run({ glass });
  made.approveSoon();
  const approved = await run();
  const read = () => Promise.all([expired, broken, approved].map((state) => made.journal.read(state.run)));
  return { made, broken, read };
}

test("questions, answers, silence and broken glass are counted per runbook", async () => {
  const { read } = await quarter();

  const counts = countApprovals(await read());

  expect(counts).toMatchObject([
    {
      runbook: "platform-down",
      asked: 2,
      given: 1,
      expired: 1,
      refused: 0,
      glass: 1,
      unreviewed: 1,
      hasty: 1,
    },
  ]);
  expect(renderApprovals(screen, counts, 90).join("\n")).toContain(
    "platform-down: asked 2 times, 1 given, 0 refused, 1 expired",
  );
  expect(renderApprovals(screen, counts, 90).join("\n")).toContain("was the plan read?");
});

test("a review settles its run in the count", async () => {
  const { made, broken, read } = await quarter();

  await made.engine().review(broken.run, {
    by: omar,
    text: "it was right to act, and ana should have been called before",
  });

  expect(countApprovals(await read())).toMatchObject([{ glass: 1, unreviewed: 0 }]);
});

test("runbooks that asked nobody are not listed, and an empty quarter is said", () => {
  expect(countApprovals([])).toEqual([]);
  expect(renderApprovals(screen, [], 90)).toEqual(["Nobody was asked for approval in the last 90 days."]);
});
