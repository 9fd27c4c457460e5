import { describe, expect, test } from "vitest";
import { shortDigest } from "#kit/plan.ts";
import { waitingRun } from "./waiting-run.ts";

const reason = "users get 502 and nobody else answers the phone";
const flat = (text: string) => text.replace(/\s+/g, " ");

describe("ops revoke", () => {
  test("takes an approval back, and the run needs one again; for those who may", async () => {
    const { ops, env, events, run, digest } = await waitingRun();
    await ops(["approve", run, "--as", "omar", "--plan", shortDigest(digest), "--yes"], { env });

    const taken = await ops(["revoke", run, "--as", "omar", "--reason", "a restore is under way"], { env });
    const again = await ops(["revoke", run, "--as", "omar", "--reason", "twice"], { env });
    const stranger = await ops(["revoke", run, "--as", "mallory", "--reason", "no"], { env });

    expect(flat(taken.stdout)).toContain(`Taken back. ${run} needs 1 more approval; nothing was changed.`);
    expect([taken.code, again.code, stranger.code]).toEqual([0, 2, 5]);
    expect(flat(stranger.stderr)).toContain(
      `mallory did not approve ${run} and may not approve in practice.`,
    );
    expect(flat(again.stderr)).toContain("has no approval that could be taken back");
    expect((await events()).slice(-2)).toEqual(["approval.given", "approval.revoked"]);
  });
});

describe("ops run --break-glass", () => {
  test("is refused without a reason, a terminal, a plan, a reason that says something, or a name that counts", async () => {
    const { ops, env } = await waitingRun();
    const refused = async (...args: readonly string[]) => {
      const { code, stderr } = await ops(["run", "platform-down", "--break-glass", ...args], { env });
      return { code, says: flat(stderr) };
    };
    const said = ["--reason", reason];
    const plan = ["--plan", "00000000", "--yes"];

    const answers = await Promise.all([
      refused("--as", "omar"),
      refused("--as", "omar", ...said),
      refused("--as", "omar", ...said, "--yes"),
      refused("--as", "omar", "--reason", "platform-down", ...plan),
      refused("--as", "lena", ...said, ...plan),
    ]);

    expect(answers.map(({ code }) => code)).toEqual([2, 5, 2, 2, 5]);
    expect(answers.map(({ says }) => says)).toEqual([
      expect.stringContaining("--break-glass needs a reason"),
      expect.stringContaining("typed at a terminal, and here is none"),
      expect.stringContaining("only for a plan that you name"),
      expect.stringContaining("does not say why"),
      expect.stringContaining("lena may not break the glass in practice. omar or ana may"),
    ]);
  });

  test("acts on exactly the plan that was read, and owes a review that only somebody else can give", async () => {
    const { ops, env, digest } = await waitingRun();
    const named = ["--plan", shortDigest(digest), "--yes", "--json"];

    const ran = await ops(
      ["run", "platform-down", "--as", "omar", "--break-glass", "--reason", reason, ...named],
      { env },
    );
    const types = [...ran.stdout.matchAll(/"type":"([a-z.]+)"/g)].map(([, type]) => type);
    const [run = ""] = /r-[0-9a-f]+/.exec(ran.stdout) ?? [];
    const owed = await ops(["runs", "--review-owed", "--no-header"], { env });
    const own = await ops(["review", run, "--as", "omar", "it was right to restart both"], { env });
    const other = await ops(["review", run, "--as", "ana", "it was right to restart both"], { env });
    const after = await ops(["runs", "--review-owed", "--no-header"], { env });

    expect(types).toContain("glass.broken");
    expect(types).not.toContain("approval.asked");
    expect(types.indexOf("glass.broken")).toBeLessThan(types.indexOf("lock.taken"));
    expect(owed.stdout).toContain(run);
    expect([own.code, other.code]).toEqual([5, 0]);
    expect(flat(own.stderr)).toContain(`You broke the glass for ${run}, so you cannot review it.`);
    expect(after.stdout.trim()).toBe("");
  });
});
