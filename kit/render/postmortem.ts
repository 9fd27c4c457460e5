import { formatMs } from "../duration.ts";
import type { ShownState } from "../fold.ts";
import type { ChainVerdict } from "../journal.ts";
import { postmortemOf, type Postmortem } from "../postmortem/facts.ts";
import { timeKinds, type TimeKind } from "../postmortem/time.ts";
import type { JournalEntry } from "../timeline.ts";
import { environmentName } from "./environment.ts";
import { findingsBlocks, planBlocks, stepsBlocks } from "./postmortem-work.ts";
import { peopleSections } from "./postmortem-people.ts";
import type { Block, PictureStep, Report, Section } from "./report.ts";
import { exitLine } from "./exits.ts";
import { timelineRows } from "./timeline.ts";
import { dayOf, moment } from "./times.ts";

const kindsMean: Readonly<Record<TimeKind, string>> = {
  detecting: "alert until somebody asked",
  looking: "questions asked, locks taken",
  deciding: "rule, plan, digest",
  waiting: "for people",
  executing: "steps of the plan",
  verifying: "watches and proof",
  unattended: "no process at work",
};

/** A post-mortem: the facts, and the report that tells them. */
export type ToldPostmortem = { readonly facts: Postmortem; readonly report: Report };

/**
 * Tells a run from its entries; undefined when they do not begin with what was asked. What was altered may not even have the shape of
 * an event: then what stands before it is told, and the head says so.
 */
export function tellPostmortem(
  entries: readonly JournalEntry[],
  chain: ChainVerdict,
): ToldPostmortem | undefined {
  if (chain.intact) return told(entries, chain);
  try {
    return told(entries, chain);
  } catch {
    const readable = entries.filter(({ seq }) => seq < chain.seq);
    return told(readable, chain, chain.seq - 1);
  }
}

function told(
  entries: readonly JournalEntry[],
  chain: ChainVerdict,
  readTo?: number,
): ToldPostmortem | undefined {
  const facts = postmortemOf(entries, chain, readTo);
  return facts === undefined ? undefined : { facts, report: reportOf(facts, entries) };
}

/** Verdict, what needs a person, what changed, what was not done, numbers, evidence, method. */
function reportOf(facts: Postmortem, entries: readonly JournalEntry[]): Report {
  const place = environmentName(facts).toUpperCase();
  const identity = Object.entries(facts.environment).filter(([name]) => name !== "name");
  return {
    title: `Post-mortem: ${facts.title} (${facts.severity})`,
    subtitle: [
      place,
      ...identity.map(([, value]) => value),
      facts.run,
      `${dayOf(facts.time.from)}, times in UTC`,
    ].join(" · "),
    alarms: alarmsOf(facts),
    verdict:
      facts.ended?.verdict ??
      `It has not ended; the last entry is from ${moment(facts.record.lastAt, facts.asked.at)}.`,
    sections: [
      { title: "In short", blocks: [{ kind: "facts", facts: inShort(facts) }] },
      {
        title: "To be filled in by people",
        blocks: [
          { kind: "text", text: "The journal knows what was seen and done. It does not know the following." },
          ...facts.gaps.map((gap): Block => ({ kind: "gap", ...gap })),
          ...(facts.afterwards.length === 0
            ? []
            : [
                { kind: "text", text: "The runbook asks for this afterwards:" } as const,
                { kind: "tasks", items: facts.afterwards } as const,
              ]),
        ],
      },
      ...changed(facts),
      { title: "Where the time went", blocks: timeBlocks(facts) },
      {
        title: "Timeline",
        blocks: [
          {
            kind: "events",
            caption: "What happened, in order",
            events: timelineRows(entries).map(({ at, verb, text, right }) => ({
              at: moment(at, facts.time.from),
              word: verb,
              text,
              aside: right,
            })),
          },
        ],
      },
      { title: "What was found", blocks: findingsBlocks(facts) },
      ...section("What was planned", planBlocks(facts)),
      ...section("What was done, step by step", stepsBlocks(facts)),
      ...peopleSections(facts),
      ...section("Proof of recovery", proofBlocks(facts)),
      ...section("Vital signs", vitalBlocks(facts)),
      { title: "The record", blocks: recordBlocks(facts) },
    ],
  };
}

/** A section, unless there is nothing to say. */
function section(title: string, blocks: readonly Block[]): readonly Section[] {
  return blocks.length === 0 ? [] : [{ title, blocks }];
}

function alarmsOf({ record, glass, ended, unclear }: Postmortem): readonly string[] {
  const { chain, readTo } = record;
  return [
    ...(chain.intact
      ? []
      : [
          `The record does not verify: entry ${chain.seq}, ${chain.why}. Nothing from there on is to be trusted.${readTo === undefined ? "" : ` Entries after ${readTo} could not be read and are left out.`}`,
        ]),
    ...(glass !== undefined && glass.reviewed === undefined
      ? ["The glass was broken in this run, and nobody has reviewed it yet."]
      : []),
    ...(ended === undefined ? ["This run has not ended; what follows is how far it got."] : []),
    ...(unclear.length === 0
      ? []
      : [`It is not known whether this happened: ${unclear.map(({ title }) => title).join("; ")}.`]),
  ];
}

function inShort(facts: Postmortem): readonly (readonly [string, string])[] {
  const { asked, alert, ended, time, runbook, params, parent, child, glass, rounds } = facts;
  const given = Object.entries(params).map(([name, value]) => `${name}=${plain(value)}`);
  return [
    ["Runbook", `${runbook}${given.length === 0 ? "" : `, ${given.join(", ")}`}`],
    [
      "Alert",
      alert === undefined
        ? "none in the record"
        : `${alert.name} since ${moment(alert.since, time.from)}: ${alert.summary}`,
    ],
    [
      "Asked",
      `by ${asked.by.name} on ${asked.by.host} (${asked.by.via}) at ${moment(asked.at, time.from)}${asked.reason === undefined ? "" : `: ${asked.reason}`}`,
    ],
    [
      "Ended",
      ended === undefined
        ? "not yet"
        : `${ended.outcome}, at ${moment(ended.at, time.from)}, ${exitLine(ended.exit)}`,
    ],
    ["Took", `${formatMs(time.totalMs)}, ${timeSplitText(facts)}`],
    ...(rounds.length > 1 ? [["Rounds", String(rounds.length)] as const] : []),
    ...(parent === undefined
      ? []
      : [["Handed over by", `${parent.run}; its story: ops postmortem ${parent.run}`] as const]),
    ...(child === undefined
      ? []
      : [
          [
            "Handed over to",
            `${child.run}, ${child.runbook}: ${child.ended === undefined ? "its end is not in this record" : child.ended.verdict}; its story: ops postmortem ${child.run}`,
          ] as const,
        ]),
    ...(glass === undefined
      ? []
      : [
          [
            "Glass broken",
            `by ${glass.by.name} at ${moment(glass.at, time.from)}, skipping ${glass.skips.join(", ")}: ${glass.reason}. ${glass.reviewed === undefined ? "Not reviewed yet." : `Reviewed by ${glass.reviewed.by.name} at ${moment(glass.reviewed.at, time.from)}: ${glass.reviewed.text}`}`,
          ] as const,
        ]),
    ["Record", chainText(facts)],
  ];
}

/** `waiting 2 min 51 s, executing 1 min 20 s`: the parts that happened, in order. */
function timeSplitText({ time }: Postmortem): string {
  const parts = timeKinds.filter((kind) => time.parts[kind] > 0);
  return (
    parts.map((kind) => `${kind} ${formatMs(time.parts[kind])}`).join(", ") || "no time between its entries"
  );
}

function changed({ stayed, undone, unclear, failed, notDone, steps, turns }: Postmortem): readonly Section[] {
  const stays = turns.flatMap((turn) => (turn.type === "undo.asked" ? turn.stays : []));
  const nothing = stayed.length + undone.length + unclear.length + failed.length === 0;
  return [
    {
      title: "What stayed changed",
      blocks: [
        ...(nothing ? [{ kind: "text", text: "Nothing was changed." } as const] : []),
        ...(stayed.length === 0
          ? []
          : [
              {
                kind: "list",
                items: stayed.map(({ title, effect }) => `${title}: ${effect ?? "no effect was measured"}`),
              } as const,
            ]),
        ...(undone.length === 0
          ? []
          : [{ kind: "text", text: `Taken back: ${undone.map(({ title }) => title).join("; ")}.` } as const]),
        ...(unclear.length === 0
          ? []
          : [
              {
                kind: "text",
                text: `May have happened: ${unclear.map(({ title }) => title).join("; ")}.`,
              } as const,
            ]),
        ...(failed.length === 0
          ? []
          : [
              {
                kind: "text",
                text: `Tried and did not come true, so part of it may be there: ${failed.map(({ title, lastSaw }) => `${title}${lastSaw === undefined ? "" : ` (last seen: ${lastSaw})`}`).join("; ")}.`,
              } as const,
            ]),
        ...(stays.length === 0
          ? []
          : [{ kind: "text", text: `Has no way back: ${stays.join("; ")}.` } as const]),
      ],
    },
    ...(steps.length === 0 || notDone.length === 0
      ? []
      : [
          {
            title: "What was not done",
            blocks: [
              {
                kind: "list" as const,
                items: notDone.map(({ title, state, lastSaw }) =>
                  state === "skipped"
                    ? `${title}: skipped${lastSaw === undefined ? "" : `, ${lastSaw}`}`
                    : `${title}: not reached`,
                ),
              },
            ],
          },
        ]),
  ];
}

function timeBlocks(facts: Postmortem): readonly Block[] {
  const { time, vitals, steps } = facts;
  const share = (ms: number) => (time.totalMs === 0 ? "–" : `${((ms / time.totalMs) * 100).toFixed(1)} %`);
  return [
    {
      kind: "picture",
      caption: "Time by what it was spent on",
      split: time,
      vitals,
      steps: steps.flatMap((step) => pictureStep(step, time.to)),
    },
    {
      kind: "table",
      caption: "Time by what it was spent on; the parts add up to the total",
      head: ["Spent on", "What that is", "Milliseconds", "Time", "Share"],
      rows: [
        ...timeKinds.map((kind) => [
          kind,
          kindsMean[kind],
          time.parts[kind].toString(),
          time.parts[kind] === 0 ? "–" : formatMs(time.parts[kind]),
          share(time.parts[kind]),
        ]),
        [
          "total",
          `${moment(time.from, time.from)} to ${moment(time.to, time.from)}`,
          time.totalMs.toString(),
          formatMs(time.totalMs),
          share(time.totalMs),
        ],
      ],
      numbers: [2, 3, 4],
    },
    {
      kind: "table",
      caption: "Spans, in order",
      head: ["From", "To", "Time", "Spent on"],
      rows: time.spans.map(({ from, to, ms, kind, what }) => [
        moment(from, time.from),
        moment(to, time.from),
        formatMs(ms),
        `${kind}: ${what}`,
      ]),
      numbers: [2],
    },
  ];
}

function pictureStep(step: Postmortem["steps"][number], end: string): readonly PictureStep[] {
  if (step.startedAt === undefined) return [];
  return [
    { title: step.title, from: step.startedAt, to: step.endedAt ?? end, state: pictureState(step.state) },
  ];
}

function pictureState(state: ShownState): PictureStep["state"] {
  if (state === "done" || state === "failed" || state === "undone" || state === "waiting") return state;
  return state === "running" || state === "unknown" ? "unknown" : "waiting";
}

function proofBlocks({ proofs, time }: Postmortem): readonly Block[] {
  return proofs.flatMap((proof): readonly Block[] => [
    {
      kind: "facts",
      facts: [
        ["Began", moment(proof.startedAt, time.from)],
        ["Wanted", `steady for ${formatMs(proof.steadyMs)}, within ${formatMs(proof.withinMs)}`],
        ...proof.checks.map(({ id, title, health }): readonly [string, string] => [
          id,
          `${title}: ${health === undefined ? "not looked at in the record" : `${health.state}, ${health.says}`}`,
        ]),
        [
          "Ended",
          proof.end === undefined
            ? "not in the record"
            : proof.end.held
              ? `held at ${moment(proof.end.at, time.from)}, steady for ${formatMs(proof.end.steadyMs)}: ${proof.end.says}`
              : `did not hold at ${moment(proof.end.at, time.from)}: ${proof.end.check}, ${proof.end.health.says}`,
        ],
      ],
    },
  ]);
}

function vitalBlocks({ vitals, time }: Postmortem): readonly Block[] {
  if (vitals.length === 0) return [];
  return [
    {
      kind: "table",
      caption: "Vital signs",
      head: ["Sign", "Limit", "Samples"],
      rows: vitals.map(({ label, unit = "", of, floor, samples }) => [
        label,
        [
          ...(of === undefined ? [] : [`of ${of}${unit}`]),
          ...(floor === undefined ? [] : [`floor ${floor}${unit}`]),
        ].join(", ") || "none",
        samples.length === 0
          ? "not measured"
          : samples.map(({ at, value }) => `${moment(at, time.from)} ${value}${unit}`).join("; "),
      ]),
    },
  ];
}

function recordBlocks(facts: Postmortem): readonly Block[] {
  const { record, run, content } = facts;
  return [
    {
      kind: "facts",
      facts: [
        ["Entries", String(record.entries)],
        ["Chain", chainText(facts)],
        ["First hash", record.firstHash],
        ["Last hash", record.lastHash],
        ["Runbook", `content hash ${content}`],
      ],
    },
    {
      kind: "text",
      text: "Every sentence above is made from these entries and from nothing else. Times are those of the entries; the split follows them without gap or overlap. Waiting is for people; watches count as verifying; unattended is between the last entry of a process that ended and the entry of the one that took over.",
    },
    {
      kind: "command",
      command: `ops evidence ${run}`,
      effect: "the record, to be checked without this tool",
    },
  ];
}

function chainText({ record: { chain, entries, lastHash } }: Postmortem): string {
  return chain.intact
    ? `verifies: ${entries} entries, last hash ${lastHash}`
    : `does not verify: entry ${chain.seq}, ${chain.why}`;
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
