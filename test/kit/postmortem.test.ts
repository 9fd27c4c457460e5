import { createHash } from "node:crypto";
import { array, assert, constantFrom, integer, property } from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, test } from "vitest";
import { verifyChain } from "#kit/journal.ts";
import type { Postmortem } from "#kit/postmortem/facts.ts";
import { timeKinds, timeSplit } from "#kit/postmortem/time.ts";
import { tellPostmortem } from "#kit/render/postmortem.ts";
import { reportHtml } from "#kit/render/report-html.ts";
import { reportMarkdown } from "#kit/render/report-markdown.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { journalOf } from "#test/scenarios/runs/journal.ts";
import { stories } from "./postmortem-stories.ts";

const all = { ...situations, ...stories };
const named = Object.entries(all) as readonly (readonly [string, readonly JournalEntry[]])[];

describe("the time of a run", () => {
  test.for(named)("of %s adds up exactly, however far it got", ([, entries]) => {
    for (let length = 1; length <= entries.length; length += 1) {
      const split = timeSplit(entries.slice(0, length));

      expect(faultsOf(split)).toEqual([]);
    }
  });

  test.for(named)("of %s lasts from the alert to its end, or to its last entry", ([, entries]) => {
    const [asked] = entries;
    const alert = asked?.event.type === "run.asked" ? asked.event.alert : undefined;
    const from = alert?.since ?? asked?.at ?? "";
    const turn = entries.findLast(({ event }) => event.type === "run.ended" || event.type === "run.resumed");
    const to = (turn?.event.type === "run.ended" ? turn : entries.at(-1))?.at ?? "";

    const split = timeSplit(entries);

    expect([split.from, split.to]).toEqual([from, to]);
    expect(split.totalMs).toBe(Date.parse(to) - Date.parse(from));
  });

  // Seconds, added up by hand from the stories.
  test.for([
    ["approvedAndSolved", { detecting: 474, looking: 5, waiting: 171, executing: 80, verifying: 465 }],
    [
      "resumedAndSolved",
      { detecting: 474, looking: 5, waiting: 171, executing: 52, unattended: 190, verifying: 300 },
    ],
    ["expired", { detecting: 474, looking: 3, waiting: 900 }],
    ["peopleInBetween", { detecting: 474, looking: 6, waiting: 180 + 121, executing: 30, verifying: 180 }],
    ["twoRounds", { detecting: 474, looking: 5, deciding: 2, executing: 90, verifying: 70 }],
    ["brokenGlass", { detecting: 474, looking: 6, deciding: 10, executing: 30 }],
    ["reviewed", { detecting: 474, looking: 6, deciding: 10, executing: 30 }],
    ["killedAndUndone", { detecting: 474, looking: 3, deciding: 1, executing: 42, unattended: 600 }],
    ["handedOn", { detecting: 474, looking: 3, deciding: 1, executing: 180 }],
  ] as const)("of %s is split by what it was spent on", ([name, seconds]) => {
    const { parts } = timeSplit(all[name]);

    const spent = Object.fromEntries(
      timeKinds.flatMap((kind) => (parts[kind] > 0 ? [[kind, parts[kind] / 1_000]] : [])),
    );
    expect(spent).toEqual(seconds);
  });

  test("adds up also when clocks jump", () => {
    const instant = integer({ min: -3_600_000, max: 3_600_000 });
    assert(
      property(
        constantFrom(...named),
        array(instant, { minLength: 40, maxLength: 40 }),
        ([, entries], jumps) => {
          const moved = entries.map((entry, index) => ({
            ...entry,
            at: new Date(Date.parse(entry.at) + (jumps[index] ?? 0)).toISOString(),
          }));

          expect(faultsOf(timeSplit(moved))).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("names the entry whose clock went back, and counts it as no time", () => {
    const late = situations.allClear.map((entry, index) =>
      index === 4 ? { ...entry, at: "2026-11-21T03:12:02.000Z" } : entry,
    );

    const split = timeSplit(late);

    expect(split.clockWentBack).toEqual([{ seq: 5, ms: 3_000 }]);
    expect(split.totalMs).toBe(timeSplit(situations.allClear).totalMs);
  });

  test("between an end and a resume is unattended, except while a person is waited for", () => {
    const first = situations.stepFailed;
    const resumed = journalOf("r-7f2a", [
      ...first.map(({ at, event }) => [at.slice(11, 19), event] as const),
      ["04:00:00", { type: "run.resumed", by: { name: "omar", host: "ops-2", via: "terminal" }, fence: 2 }],
    ]);

    const { spans } = timeSplit(resumed);

    expect(spans.at(-1)).toMatchObject({
      kind: "unattended",
      from: "2026-11-21T03:17:38.000Z",
      to: "2026-11-21T04:00:00.000Z",
    });
    expect(spans.at(-1)?.what).toBe("after it had ended: step-failed, until omar took the run up again");
  });
});

/** What does not add up in a split; empty when everything does. */
function faultsOf({ spans, parts, totalMs, from, to }: ReturnType<typeof timeSplit>): readonly string[] {
  const sums = {
    "the spans": spans.reduce((sum, { ms }) => sum + ms, 0),
    "the parts": timeKinds.reduce((sum, kind) => sum + parts[kind], 0),
    "its ends": Date.parse(to) - Date.parse(from),
  };
  const edges = [from, ...spans.map((span) => span.to)];
  return [
    ...Object.entries(sums).flatMap(([name, sum]) =>
      sum === totalMs ? [] : [`${name}: ${sum} of ${totalMs}`],
    ),
    ...spans.flatMap((span, index) =>
      span.from === edges[index] ? [] : [`span ${index} begins at ${span.from}`],
    ),
    ...spans.flatMap(({ from, to, ms }) =>
      ms > 0 && Date.parse(to) - Date.parse(from) === ms ? [] : [`${from} to ${to}: ${ms}`],
    ),
    ...(edges.at(-1) === to ? [] : [`the last span ends at ${edges.at(-1)}, not at ${to}`]),
  ];
}

describe("nothing is invented", () => {
  // What the toolkit itself says about the record, and not the record about the run.
  const own = new Set(["gaps", "time", "chain", "people", "moments", "phase", "state"]);

  test.for(named)("every text in the facts of %s stands in one of its entries", ([, entries]) => {
    const record = JSON.stringify(entries);
    for (const text of textsOf(factsOf(entries), own))
      expect(record).toContain(JSON.stringify(text).slice(1, -1));
  });

  test.for(named)("%s says what it cannot know, and who can", ([, entries]) => {
    const gaps = factsOf(entries).gaps.map(({ what }) => what);

    expect(gaps).toEqual(expect.arrayContaining(["root cause", "actions that follow, with owner and date"]));
    for (const { why, who } of factsOf(entries).gaps) expect([why, who]).not.toContain("");
  });

  test.for([
    ["stillLooking", "how it ended"],
    ["unknownWhether", 'whether "Restart api-1" happened'],
    ["killedAndUndone", "why nobody was at work from 03:12:18 UTC to 03:22:18 UTC"],
    ["brokenGlass", "the review that broken glass owes"],
  ] as const)("%s: %s", ([name, gap]) => {
    expect(factsOf(all[name]).gaps.map(({ what }) => what)).toContain(gap);
  });

  test("a reviewed break-glass run owes none, and says who reviewed it", () => {
    const facts = factsOf(stories.reviewed);

    expect(facts.gaps.map(({ what }) => what)).not.toContain("the review that broken glass owes");
    expect(facts.glass?.reviewed?.by.name).toBe("omar");
    expect(markdownOf(stories.reviewed)).toContain("Reviewed by omar at 09:00:00: right call");
    expect(markdownOf(stories.brokenGlass)).toContain("nobody has reviewed it\n> yet");
  });
});

function* textsOf(value: unknown, skip: ReadonlySet<string>): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const [name, member] of Object.entries(value)) if (!skip.has(name)) yield* textsOf(member, skip);
}

describe("what is told", () => {
  test("every round, with what was found, decided and planned in it", () => {
    const { rounds, steps } = factsOf(stories.twoRounds);

    expect(
      rounds.map(({ round, because, decision, plan }) => [
        round,
        because,
        decision?.rule,
        plan?.digest.slice(0, 8),
      ]),
    ).toEqual([
      [1, undefined, "all-targets-down", "11111111"],
      [2, "the API does not answer", "restart-did-not-help", "22222222"],
    ]);
    expect(rounds[0]?.findings).toHaveLength(6);
    expect(rounds[1]?.findings.map(({ finding }) => finding)).toEqual([
      { known: true, reading: { state: "bad", says: "still 503" } },
    ]);
    expect(steps.map(({ key, effect }) => [key, effect])).toEqual([
      ["1", "healthy 0 → 0"],
      ["R2-1", "2 → 3 instances"],
    ]);
  });

  test("approvals with names, taken back and given again, and who was asked next", () => {
    const { approvals } = factsOf(stories.peopleInBetween);

    expect(
      approvals.map((event) => [event.at.slice(11, 19), event.type, "by" in event ? event.by.name : ""]),
    ).toEqual([
      ["03:12:07", "approval.asked", ""],
      ["03:13:07", "approval.given", "omar"],
      ["03:13:37", "approval.revoked", "omar"],
      ["03:14:07", "approval.escalated", ""],
      ["03:14:37", "approval.given", "ana"],
      ["03:15:07", "approval.given", "omar"],
    ]);
  });

  test("an undo: what was taken back, what has no way back, and that nothing stayed", () => {
    const facts = factsOf(stories.killedAndUndone);

    expect([facts.stayed, facts.undone.map(({ title }) => title)]).toEqual([[], ["Restart api-1"]]);
    expect(markdownOf(stories.killedAndUndone)).toContain("Has no way back: the restart's cold cache.");
    expect(markdownOf(stories.killedAndUndone)).toContain("fence 8");
  });

  test("the child that it was handed over to, with its end", () => {
    expect(factsOf(stories.handedOn).child).toMatchObject({ run: "r-c41d", ended: { outcome: "solved" } });
    expect(markdownOf(stories.handedOn).replace(/\s+/g, " ")).toContain("ops postmortem r-c41d");
  });

  test("a step: state before, effect, measured time", () => {
    const text = markdownOf(situations.approvedAndSolved);

    expect(text).toContain(
      "| 1 Restart api-1 | done | bootedAt 2026-11-15 | healthy 0 → 1 | 03:15:00 | 38.1 s |",
    );
  });
});

describe("as Markdown", () => {
  test.for(named)("%s keeps within 80 columns outside tables", ([, entries]) => {
    const long = markdownOf(entries)
      .split("\n")
      .filter((line) => line.length > 80 && !line.startsWith("|") && !/[0-9a-f]{64}/.test(line));

    expect(long).toEqual([]);
  });

  test.for(named)("%s has every section and gap that the page has", ([, entries]) => {
    const [markdown, html] = [markdownOf(entries), htmlOf(entries)];
    const titles = [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);

    expect([...markdown.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(titles);
    expect(markdown.match(/^- \[ \] \*\*Gap/gm)).toHaveLength((html.match(/<b>Gap: /g) ?? []).length);
  });

  test("every table has as many cells in each row as in its head, whatever the texts hold", () => {
    for (const [, entries] of [...named, ["hostile", hostile()] as const])
      for (const table of markdownOf(entries).match(/(^\|.*\n)+/gm) ?? []) {
        const cells = table
          .trimEnd()
          .split("\n")
          .map((row) => row.replaceAll("\\|", "").split("|").length);
        expect(new Set(cells).size, table).toBe(1);
      }
  });
});

describe("as one HTML file", () => {
  test.for([...named, ["a hostile run", hostile()] as const])(
    "%s is well formed and holds only what is ours",
    ([, entries]) => {
      const { elements, attributes } = parsed(htmlOf(entries));

      expect([...elements].filter((name) => !allowedElements.has(name))).toEqual([]);
      expect([...attributes].filter((name) => !allowedAttributes.has(name))).toEqual([]);
    },
  );

  test("allows its own style by hash, and nothing else", () => {
    const html = htmlOf(situations.approvedAndSolved);
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? "";
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];

    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'`,
    );
    expect(html.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|url\(|@import/);
    expect(Buffer.byteLength(html)).toBeLessThan(300_000);
  });

  test("hostile text comes out as text, to the letter", () => {
    const { text } = parsed(htmlOf(hostile()));

    for (const evil of hostileTexts) expect(text).toContain(evil.trim());
  });

  test("the picture has a bar for every span and every step that began, and a point for every sample", () => {
    const html = htmlOf(situations.approvedAndSolved);
    const facts = factsOf(situations.approvedAndSolved);
    const samples = facts.vitals.reduce((sum, vital) => sum + vital.samples.length, 0);

    expect(html.match(/<rect /g)).toHaveLength(facts.time.spans.length + facts.steps.length);
    expect(html.match(/<circle /g)).toHaveLength(samples);
    expect(samples).toBe(6);
  });
});

describe("a record that does not verify", () => {
  test("is told all the same, and the head says at which entry it breaks", () => {
    const altered = situations.approvedAndSolved.map((entry) =>
      entry.seq === 12 && entry.event.type === "approval.given"
        ? { ...entry, event: { ...entry.event, by: { ...entry.event.by, name: "mallory" } } }
        : entry,
    );

    for (const text of [markdownOf(altered).replace(/\s+>?\s*/g, " "), parsed(htmlOf(altered)).text])
      expect(
        text.indexOf("The record does not verify: entry 12, its content does not match its hash"),
      ).toBeGreaterThan(0);
    expect(markdownOf(altered).indexOf("does not verify")).toBeLessThan(
      markdownOf(altered).indexOf("## In short"),
    );
  });

  test("is told as far as it can be read when an entry is no event any more", () => {
    const broken = situations.approvedAndSolved.map((entry) =>
      entry.seq === 10 ? { ...entry, event: { type: "plan.made" } as never } : entry,
    );

    const facts = factsOf(broken);

    expect([facts.record.readTo, facts.record.entries]).toEqual([9, 9]);
    expect(markdownOf(broken)).toContain("left out");
  });

  test("is nothing at all when not even its first entry can be read", () => {
    const broken = situations.approvedAndSolved.map((entry) =>
      entry.seq === 1 ? { ...entry, event: {} as never } : entry,
    );

    expect(tellPostmortem(broken, verifyChain(broken))).toBeUndefined();
  });
});

const hostileTexts = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</style><svg/onload=alert(1)>`,
  `javascript:alert(1)`,
  `&lt;b&gt; &amp; &#60;`,
  `]]>--><!--`,
  `| a | b | \\| c`,
  `- [x] done @channel **bold** [link](https://evil.example) \`code\``,
  `1. one`,
  `=== ---`,
];

/** A run in which every text that comes from outside is one of the hostile ones. */
function hostile(): readonly JournalEntry[] {
  let next = 0;
  const kept =
    /^(type|seq|at|hash|prev|run|digest|since|madeAt|expiresAt|until|severity|tier|risk|kind|key|state|outcome|strictest|decision|strength|lock|lookedAgain|via|label|unit)$/;
  const swap = (value: unknown, name = ""): unknown => {
    if (typeof value === "string")
      return kept.test(name) || /^(pass|fail)$/.test(value)
        ? value
        : hostileTexts[next++ % hostileTexts.length];
    if (Array.isArray(value)) return value.map((item) => swap(item));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, swap(member, name)]));
    return value;
  };
  const entries = [...situations.stepFailed, ...stories.peopleInBetween.slice(1)];
  return journalOf(
    "r-7f2a",
    entries.map(({ at, event }) => [at.slice(11, 19), swap(event) as JournalEntry["event"]] as const),
  );
}

const allowedElements = new Set(
  "html head meta title style body header h1 h2 h3 p strong main section dl dt dd ul ol li b span time small figure figcaption blockquote code div table caption thead tbody tr th td svg line text rect polyline circle".split(
    " ",
  ),
);
const allowedAttributes = new Set(
  "lang charset http-equiv content name class role aria-label tabindex scope viewBox xmlns x x1 x2 y y1 y2 cx cy r rx width height points text-anchor".split(
    " ",
  ),
);

function parsed(html: string) {
  const elements = new Set<string>();
  const attributes = new Set<string>();
  let text = "";
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    elements.add(tag.name);
    for (const name of Object.keys(tag.attributes)) attributes.add(name);
  });
  parser.on("text", (part) => {
    text += part;
  });
  parser.write(html).close();
  return { elements, attributes, text };
}

function toldOf(entries: readonly JournalEntry[]) {
  const told = tellPostmortem(entries, verifyChain(entries));
  if (told === undefined) throw new Error("not a run");
  return told;
}

function factsOf(entries: readonly JournalEntry[]): Postmortem {
  return toldOf(entries).facts;
}

function markdownOf(entries: readonly JournalEntry[]): string {
  return reportMarkdown(toldOf(entries).report);
}

function htmlOf(entries: readonly JournalEntry[]): string {
  return reportHtml(toldOf(entries).report);
}
