import { expect, test } from "vitest";
import { foldRun } from "#kit/fold.ts";
import { noticeOf } from "#kit/render/notice.ts";
import { situations } from "#test/scenarios/runs/index.ts";

test.for(Object.entries(situations))(
  "a notice of %s is a bell and one line that ends where it should",
  ([, run]) => {
    const state = foldRun(run);
    if (state === undefined) throw new Error("the situation changed");
    const hostile = { ...state, runbook: "x\u0007\u001b]0;owned\u0007\ny" };

    const [before, text = "", after] = noticeOf(hostile).split("\u0007");
    expect([before, after]).toEqual(["", ""]);
    expect(text.startsWith("\u001b]9;")).toBe(true);
    expect(text.slice(1)).not.toMatch(/\p{Cc}/u);
    expect(noticeOf(state)).toContain(state.run);
  },
);
