import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { EnvironmentFile } from "#kit/environment.ts";
import type { RunState } from "#kit/fold.ts";
import { askedText, nextAsked } from "#kit/run/ladder.ts";
import type { ApprovalNeed } from "#kit/timeline.ts";

const example: object = parse(
  readFileSync(join(import.meta.dirname, "../../data/environments/production.example.yaml"), "utf8"),
);

const need = (rungs: readonly (readonly string[])[], requesterMay = false): ApprovalNeed => ({
  count: 1,
  requesterMay,
  strength: "yes",
  rule: "test",
  ladder: { everyMs: 120_000, rungs },
});

/** As far as the ladder looks. */
const state = (rungs: readonly (readonly string[])[], escalated: number) =>
  ({
    need: need(rungs),
    askedBy: { name: "lena", host: "desk", via: "terminal" },
    approvalAsked: { at: "2026-11-21T10:00:00.000Z", expiresAt: "2026-11-21T10:15:00.000Z", ifSilent: "" },
    escalations: Array.from({ length: escalated }, () => ({ to: [], at: "" })),
  }) as unknown as RunState;

const after = (minutes: number) => new Date(Date.parse("2026-11-21T10:00:00.000Z") + minutes * 60_000);

describe("the ladder", () => {
  test.for([
    ["nobody before it is time", [["omar"], ["ana"]], 0, 1.9, undefined],
    ["the second rung when it is", [["omar"], ["ana"]], 0, 2, ["ana"]],
    ["nobody twice", [["omar"], ["ana", "omar"], ["omar"]], 0, 2, ["ana"]],
    ["nobody beyond the last rung", [["omar"], ["ana"]], 1, 60, undefined],
    ["not the person who asked", [["lena", "omar"], ["lena"], ["ana"]], 0, 2, ["ana"]],
    ["the third rung after the second", [["omar"], ["ana"], ["iris", "noor"]], 1, 4, ["iris", "noor"]],
    ["nobody where nobody is on call", [], 0, 60, undefined],
  ] as const)("asks %s", ([, rungs, escalated, minutes, names]) => {
    expect(nextAsked(state(rungs, escalated), after(minutes))).toEqual(names);
  });

  test("reads as one line, with the person who asked only where they may approve", () => {
    const rungs = [["lena", "omar"], ["ana"]];

    expect(askedText(need(rungs), "lena")).toBe("omar; after 2 min ana");
    expect(askedText(need(rungs, true), "lena")).toBe("lena and omar; after 2 min ana");
    expect(askedText(need([]), "lena")).toBe("");
  });
});

describe("an environment file", () => {
  test("names on call only people who may approve", () => {
    const stranger = { ...example, onCall: [["omar"], ["mallory"]] };

    const { error } = EnvironmentFile.safeParse(stranger);

    expect(error?.issues).toMatchObject([
      {
        path: ["onCall"],
        message: expect.stringContaining('names "mallory", who is not among the approvers'),
      },
    ]);
  });

  test("has an empty ladder where it says nothing, and the example's own", () => {
    const silent = EnvironmentFile.parse({ ...example, onCall: undefined });

    expect(silent.onCall).toEqual([]);
    expect(EnvironmentFile.parse(example).onCall).toEqual([["omar"], ["ana"]]);
  });
});
