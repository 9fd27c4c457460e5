import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inert } from "#adapters/slack/mrkdwn.ts";
import { emoji, renderParent } from "#adapters/slack/render.ts";
import { renderThread } from "#adapters/slack/thread.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { blockFault } from "#sandbox/standins/slack/limits.ts";
import { situations } from "../scenarios/runs/index.ts";

const { approvedAndSolved, resumedAndSolved, stepFailed } = situations;

function state(entries: readonly JournalEntry[]): RunState {
  const folded = foldRun(entries);
  if (folded === undefined) throw new Error("a run begins with what was asked");
  return folded;
}

const shown = (message: ReturnType<typeof renderParent>) =>
  message.blocks
    .map((block) => (block.type === "section" ? block.text.text : block.elements[0].text))
    .join("\n");

/** Hashes change with every word of the shared story; that they are there is asserted on its own. */
const steady = (text: string) => text.replace(/\b[0-9a-f]{4}-?[0-9a-f]{4}\b(?= ?[`"]|`| --env)/g, "hash");

describe("slack parent message", () => {
  it.for(Object.entries(situations))("reads well, with its state word first: %s", ([, entries]) => {
    const message = renderParent(state(entries));

    expect(steady(`${message.text}\n---\n${shown(message)}`)).toMatchSnapshot();
  });

  it.for(Object.entries(situations))(
    "carries the last hash of the journal and the run: %s",
    ([, entries]) => {
      const told = state(entries);

      expect(shown(renderParent(told)).split("\n").at(-1)).toContain(
        `${told.run} \`${told.lastHash.slice(0, 8)}\``,
      );
    },
  );

  it("has a shape of its own for each of the nine states", () => {
    expect(emoji).toMatchInlineSnapshot(`
      {
        "done": ":white_check_mark:",
        "failed": ":x:",
        "next": ":white_circle:",
        "running": ":large_blue_circle:",
        "skipped": ":heavy_minus_sign:",
        "stale": ":zzz:",
        "undone": ":leftwards_arrow_with_hook:",
        "unknown": ":grey_question:",
        "waiting": ":hourglass_flowing_sand:",
      }
    `);
    expect(new Set(Object.values(emoji)).size).toBe(9);
  });

  it("says that it runs once enough people approved", () => {
    const approved = approvedAndSolved.slice(
      0,
      approvedAndSolved.findIndex(({ event }) => event.type === "approval.given") + 1,
    );

    expect(renderParent(state(approved)).text).toMatch(/^Running, approved/);
  });

  it.for(Object.entries(situations))(
    "has at most six lines and is acceptable to Slack: %s",
    ([, entries]) => {
      const message = renderParent(state(entries), {
        from: "2026-11-21T03:14:00Z",
        to: "2026-11-21T03:17:00Z",
      });

      expect(shown(message).split("\n").length).toBeLessThanOrEqual(6);
      expect(blockFault(message.blocks)).toBeUndefined();
    },
  );
});

describe("slack thread", () => {
  it.for([
    ["solved", approvedAndSolved],
    ["resumed", resumedAndSolved],
    ["failed", stepFailed],
    ["turned back", situations.watchFailedUndone],
    ["unclear", situations.watchGoOn],
    ["waited for a person", situations.waitAnsweredSolved],
    ["in two rounds", situations.twoRounds],
  ] as const)("tells what happened, in order: %s", ([, entries]) => {
    const replies = renderThread(entries, 0);

    expect(
      steady(
        replies
          .map(
            ({ broadcast, blocks }) => `${broadcast ? "to the channel\n" : ""}${shown({ text: "", blocks })}`,
          )
          .join("\n\n"),
      ),
    ).toMatchSnapshot();
  });

  it.for([
    ["a wait", situations.waitOpen, ["ops signal r-1a2b dns-switched --env production"]],
    [
      "a watch that cannot tell",
      situations.watchInconclusive,
      ["ops signal r-1a2b 4 undo --env production", "ops signal r-1a2b 4 go-on --env production"],
    ],
  ] as const)("calls the channel, with what to type, for %s", ([, entries, commands]) => {
    const call = renderThread(entries, 0).at(-1);

    expect(call?.broadcast).toBe(true);
    for (const command of commands) expect(call?.text).toContain(`\`${command}\``);
  });

  it("loses no step of a plan of three hundred, and no block is one that Slack refuses", () => {
    const entries = situations.richPlan.map((entry) => {
      const { event } = entry;
      if (event.type !== "plan.made") return entry;
      const [first] = event.plan.steps;
      const steps = Array.from({ length: 300 }, (_, index) => ({
        ...first!,
        key: String(index + 1),
        title: `Drop table_${index + 1}_${"x".repeat(40)}`,
      }));
      return { ...entry, event: { ...event, plan: { ...event.plan, steps } } };
    });

    const replies = renderThread(entries, 0);
    const text = replies.map(({ blocks }) => shown({ text: "", blocks })).join("\n");

    for (const index of [1, 150, 300]) expect(text).toContain(`table_${index}_`);
    for (const { blocks } of replies) expect(blockFault(blocks)).toBeUndefined();
  });

  it("tells nothing twice, wherever it goes on", () => {
    const whole = renderThread(approvedAndSolved, 0)
      .map(({ text }) => text)
      .join("\n");

    for (let cursor = 0; cursor <= approvedAndSolved.length; cursor += 1) {
      const before = renderThread(approvedAndSolved.slice(0, cursor), 0);
      const after = renderThread(approvedAndSolved, cursor);
      expect([...before, ...after].map(({ text }) => text).join("\n")).toBe(whole);
    }
  });
});

describe("foreign text in slack", () => {
  it.for([
    ["<!channel> come here", "&lt;!channel&gt; come here"],
    ["<@U123> & <https://evil.example|click>", "&lt;@U123&gt; &amp; &lt;https://evil.example|click&gt;"],
    ["@here @channel @everyone", "＠here ＠channel ＠everyone"],
    ["*bold* _it_ ~no~ `code`", "∗bold∗ ＿it＿ ∼no∼ ˋcodeˋ"],
    ["csrd_http_requests_total", "csrd_http_requests_total"],
    [":white_check_mark: Done", "∶white_check_mark: Done"],
    ["at 03:12:07", "at 03:12:07"],
    ["two\nlines\u001b[31m\u202e", "two lines"],
  ] as const)("%j becomes %j", ([foreign, safe]) => {
    expect(inert(foreign)).toBe(safe);
  });

  it("never mentions, links or breaks a line, and never grows over its limit", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 400 }),
        fc.constantFrom("<!here>", "&amp;", "<@U1>", "@channel", "*", "\n> ", "`", "&".repeat(200)),
        fc.integer({ min: 10, max: 300 }),
        (text, hostile, most) => {
          const safe = inert(`${hostile}${text}${hostile}`, most);

          expect(safe).not.toMatch(/[<>\n*`~]|@(?:channel|here|everyone)/i);
          expect(safe.replace(/&(?:amp|lt|gt);/g, "")).not.toContain("&");
          expect(safe.length).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  it("keeps every message within Slack's limits, however large and hostile the run's texts are", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 5_000 }),
      fc.constantFrom("&".repeat(4_000), "<!channel>".repeat(500), "*_~`".repeat(900), "x ".repeat(9_000)),
    );
    fc.assert(
      fc.property(hostile, fc.constantFrom(...Object.values(situations)), (text, entries) => {
        const spoiled = entries.map((entry) => ({ ...entry, event: spoil(entry.event, text) }));

        const messages = [renderParent(state(spoiled)), ...renderThread(spoiled, 0)];

        for (const message of messages) {
          expect(blockFault(message.blocks)).toBeUndefined();
          expect(message.text.length).toBeLessThanOrEqual(4_000);
          expect(message.text).not.toMatch(/<|@(?:channel|here|everyone)/i);
        }
        expect(shown(renderParent(state(spoiled))).split("\n").length).toBeLessThanOrEqual(6);
      }),
      { numRuns: 60 },
    );
  });
});

const foreignFields = new Set([
  "summary",
  "because",
  "reason",
  "says",
  "effect",
  "saw",
  "text",
  "verdict",
  "preview",
  "title",
  "why",
  "lastSaw",
  "ifSilent",
]);

/** The same event with every free text replaced. */
function spoil<T>(value: T, text: string): T {
  if (Array.isArray(value)) return value.map((item: unknown) => spoil(item, text)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]: [string, unknown]) => [
      key,
      typeof member === "string" && foreignFields.has(key) ? text : spoil(member, text),
    ]),
  ) as T;
}
