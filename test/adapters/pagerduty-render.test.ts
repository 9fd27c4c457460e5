import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dedupKey,
  lastNoted,
  limits,
  renderNotes,
  renderTrigger,
  standing,
} from "#adapters/pagerduty/render.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { Event } from "#sandbox/standins/pagerduty/service.ts";
import { situations } from "../scenarios/runs/index.ts";

const { approvedAndSolved, waitsForApproval } = situations;

function state(entries: readonly JournalEntry[]): RunState {
  const folded = foldRun(entries);
  if (folded === undefined) throw new Error("a run begins with what was asked");
  return folded;
}

/** Hashes change with every word of the shared story. */
const steady = (text: string) => text.replace(/\b[0-9a-f]{4}-?[0-9a-f]{4}\b(?=[":\n]|$)/gm, "hash");

describe("pagerduty", () => {
  it("knows what it owes in every situation", () => {
    const owed = Object.entries(situations).map(([name, entries]) => {
      const { triggered, acknowledged, resolved } = standing(state(entries));
      return `${name}: ${[triggered && "trigger", acknowledged && "acknowledge", resolved && "resolve"].filter(Boolean).join(", ") || "nothing"}`;
    });

    expect(owed.join("\n")).toMatchInlineSnapshot(`
      "plannedOnly: trigger
      stillLooking: trigger
      waitsForApproval: trigger
      acting: trigger, acknowledge
      proving: trigger, acknowledge
      approvedAndSolved: trigger, acknowledge, resolve
      resumedAndSolved: trigger, acknowledge, resolve
      stepFailed: trigger, acknowledge
      notVerified: trigger, acknowledge
      unknownWhether: trigger, acknowledge
      refused: trigger
      expired: trigger
      escalated: trigger
      handedOver: trigger
      allClear: trigger
      lostLock: trigger, acknowledge
      guarded: trigger, acknowledge
      richPlan: nothing
      planWithout: nothing
      groupRunning: nothing
      batchRunning: nothing
      batchFailed: trigger, acknowledge
      watchRunning: nothing
      watchFailedUndone: nothing
      watchInconclusive: nothing
      watchGoOn: nothing
      waitOpen: nothing
      waitAnsweredSolved: nothing
      waitSilent: trigger, acknowledge
      twoRounds: nothing
      secondRoundPlan: nothing
      handedOverWithChild: nothing
      brokenGlass: trigger, acknowledge, resolve
      brokenGlassReviewed: trigger, acknowledge, resolve
      brokenGlassActing: trigger, acknowledge
      revoked: nothing
      lockStoreMissing: nothing
      stickyLockFreed: trigger, acknowledge
      duringFailed: trigger, acknowledge"
    `);
  });

  it("writes the page so that it says what, where and what to type", () => {
    expect(
      steady(JSON.stringify(renderTrigger(state(waitsForApproval)), undefined, 2)),
    ).toMatchInlineSnapshot(`
      "{
        "event_action": "trigger",
        "dedup_key": "production/ApiUnreachable/2026-11-21T03:04:10.000Z",
        "client": "csrd-ops",
        "payload": {
          "summary": "P0 PRODUCTION platform-down: API unreachable from outside",
          "source": "production acme-csrd eu-central-1",
          "severity": "critical",
          "timestamp": "2026-11-21T03:04:10.000Z",
          "component": "platform-down",
          "group": "production",
          "class": "ApiUnreachable",
          "custom_details": {
            "run": "r-7f2a",
            "asked_by": "lena",
            "because": "every target fails its health check while the instances run and nothing was deployed",
            "plan": "hash",
            "steps": [
              "Restart api-1",
              "Restart api-2"
            ],
            "timeline": "ops timeline r-7f2a --env production",
            "approve": "ops approve r-7f2a --env production",
            "journal": "hash"
          }
        }
      }"
    `);
  });

  it("puts the end in a note of its own that begins with the verdict", () => {
    const notes = renderNotes(approvedAndSolved, 0);
    const { verdict } = state(approvedAndSolved).ended ?? { verdict: "none" };

    expect(notes.at(-1)?.content.startsWith(`${verdict}\n`)).toBe(true);
    expect(steady(notes.map(({ content }) => content).join("\n\n"))).toMatchSnapshot();
    expect(
      lastNoted(
        notes.map(({ content }) => content),
        "r-7f2a",
      ),
    ).toBe(approvedAndSolved.length);
    expect(
      lastNoted(
        notes.map(({ content }) => content),
        "r-0000",
      ),
    ).toBe(0);
  });

  it("gives one key to one episode of an alert, and never one that is too long", () => {
    const one = state(approvedAndSolved);
    const again = { ...one, run: "r-another" };
    const later = {
      ...one,
      alert: { name: "ApiUnreachable", since: "2026-11-22T00:00:00Z", summary: "again" },
    };
    const { alert: _, ...byHand } = one;

    expect(dedupKey(again)).toBe(dedupKey(one));
    expect(dedupKey(later)).not.toBe(dedupKey(one));
    expect(dedupKey(byHand)).toBe("r-7f2a");
    const long = (tail: string) => ({
      ...one,
      alert: { name: "A".repeat(400) + tail, since: "s", summary: "" },
    });
    expect(dedupKey(long("1")).length).toBeLessThanOrEqual(limits.dedupKey);
    expect(dedupKey(long("1"))).not.toBe(dedupKey(long("2")));
  });

  it("always writes an event that PagerDuty accepts, whatever the texts are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3_000 }), (text) => {
        const base = state(waitsForApproval);
        const hostile = { ...base, runbook: text, alert: { name: text, since: base.askedAt, summary: text } };

        const event = renderTrigger(hostile);

        expect(Event.safeParse({ routing_key: "k", ...event }).error?.issues).toBeUndefined();
      }),
    );
  });
});
