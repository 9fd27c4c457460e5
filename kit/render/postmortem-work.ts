import { formatMs } from "../duration.ts";
import type { Postmortem } from "../postmortem/facts.ts";
import type { FindingFact, Round } from "../postmortem/rounds.ts";
import type { StepStory } from "../postmortem/steps.ts";
import { shortDigest } from "../plan.ts";
import type { Block } from "./report.ts";
import { states } from "./states.ts";
import { moment } from "./times.ts";

/** What was found and decided, round by round. */
export function findingsBlocks({ rounds, time }: Postmortem): readonly Block[] {
  return rounds.flatMap((round): readonly Block[] => [
    ...roundText(round, rounds.length),
    ...(round.findings.length === 0
      ? [{ kind: "text", text: "No question was answered." } as const]
      : [
          {
            kind: "table",
            caption: "Findings, as they were",
            head: ["At", "Question", "State", "Answer", "Took"],
            rows: round.findings.map((finding) => [
              moment(finding.at, time.from),
              `${finding.ask}${finding.optional ? " (optional)" : ""}`,
              ...answer(finding),
              formatMs(finding.tookMs),
            ]),
            numbers: [4],
          } as const,
        ]),
    ...(round.unanswered.length === 0
      ? []
      : [
          {
            kind: "text",
            text: `Asked, and no answer is in the record: ${round.unanswered.map(({ ask }) => ask).join("; ")}.`,
          } as const,
        ]),
    ...(round.decision === undefined
      ? [{ kind: "text", text: "Nothing was decided." } as const]
      : [
          {
            kind: "text",
            text: `Decided at ${moment(round.decision.at, time.from)}: ${round.decision.kind}${round.decision.handOver === undefined ? "" : ` to ${round.decision.handOver.runbook}`}, because ${round.decision.because} (rule ${round.decision.rule}).`,
          } as const,
        ]),
  ]);
}

function roundText({ round, because }: Pick<Round, "round" | "because">, rounds: number): readonly Block[] {
  if (rounds === 1) return [];
  return [{ kind: "text", text: `Round ${round}${because === undefined ? "" : `, because ${because}`}:` }];
}

function answer({ finding }: FindingFact): readonly [string, string] {
  if (!finding.known) return ["unknown", finding.reason];
  return [{ fine: "fine", bad: "bad", note: "noted" }[finding.reading.state], finding.reading.says];
}

/** What was planned, round by round, each plan with its digest. */
export function planBlocks({ rounds, time }: Postmortem): readonly Block[] {
  return rounds.flatMap((round): readonly Block[] => {
    const { plan, need, checked } = round;
    if (plan === undefined) return [];
    return [
      ...roundText({ round: round.round }, rounds.length),
      {
        kind: "facts",
        facts: [
          [
            "Plan",
            `${shortDigest(plan.digest)}, ${plan.strictest}, made ${moment(plan.madeAt, time.from)}, good until ${moment(plan.expiresAt, time.from)}`,
          ],
          ["Digest", plan.digest],
          [
            "Approval",
            need === undefined
              ? "not in the record"
              : need.count === 0
                ? `none needed (${need.rule})`
                : `${need.count} ${need.count === 1 ? "person" : "people"}${need.requesterMay ? "" : " other than who asked"} (${need.rule})`,
          ],
          ["Leaves alone", plan.leavesAlone.join(", ") || "nothing was named"],
          ...(plan.without === undefined || plan.without.length === 0
            ? []
            : [["Left out on request", plan.without.map(({ title }) => title).join("; ")] as const]),
          [
            "Looked again",
            checked === undefined
              ? "not in the record"
              : checked.same
                ? `at ${moment(checked.at, time.from)}: the findings still asked for it`
                : `at ${moment(checked.at, time.from)}: ${checked.differences.join("; ")}`,
          ],
        ],
      },
      {
        kind: "table",
        caption: `Steps of plan ${shortDigest(plan.digest)}`,
        head: ["Step", "Risk", "What", "Targets", "At most", "Way back"],
        rows: plan.steps.map(({ key, risk, title, preview, targets, withinMs, undoable, kind, group }) => [
          group === undefined
            ? key
            : `${key} (${group.kind === "batches" ? `batch ${group.batch} of ${group.of}` : "at the same time"})`,
          kind === "step" ? risk : kind,
          `${title}: ${preview}`,
          targets.join(", ") || "–",
          formatMs(withinMs),
          undoable ? "yes" : "no",
        ]),
        numbers: [4],
      },
    ];
  });
}

/** Each step: state before, effect, measured time, and what was seen in between. */
export function stepsBlocks({ steps, time, turns }: Postmortem): readonly Block[] {
  const begun = steps.filter(({ attempts }) => attempts > 0);
  if (begun.length === 0) return [];
  return [
    {
      kind: "table",
      caption: "Steps that were begun",
      head: ["Step", "State", "Before", "Effect", "From", "Took"],
      rows: begun.map((step) => [
        `${step.key} ${step.title}${step.undoes === undefined ? "" : ` (takes back ${step.undoes})`}`,
        states[step.state].word.toLowerCase(),
        beforeText(step),
        effectText(step),
        step.startedAt === undefined ? "–" : moment(step.startedAt, time.from),
        step.tookMs === undefined ? "not measured" : formatMs(step.tookMs),
      ]),
      numbers: [5],
    },
    ...begun
      .filter(({ moments }) => moments.length > 0)
      .map(
        ({ key, title, moments }): Block => ({
          kind: "events",
          caption: `Seen during step ${key}, ${title}`,
          events: sparse(moments).map(({ at, what }) => ({
            at: moment(at, time.from),
            word: "saw",
            text: what,
            aside: "",
          })),
        }),
      ),
    ...turns.flatMap((turn): readonly Block[] =>
      turn.type === "undo.asked"
        ? [
            {
              kind: "text",
              text: `Undo ${turn.because === undefined ? `asked for by ${turn.by.name}` : `because ${turn.because}`} at ${moment(turn.at, time.from)}: ${turn.steps.map(({ title }) => title).join("; ") || "nothing could be taken back"}.`,
            },
          ]
        : [],
    ),
  ];
}

const most = 40;

/** A long watch has many samples: the first and the last ones are shown, and how many lie between. The evidence has all. */
function sparse(moments: StepStory["moments"]): StepStory["moments"] {
  if (moments.length <= most) return moments;
  const [first, last] = [moments.slice(0, most / 2), moments.slice(-most / 2)];
  const left = moments.length - first.length - last.length;
  return [...first, { at: moments[most / 2]?.at ?? "", what: `${left} more, in the evidence` }, ...last];
}

function beforeText({ before }: StepStory): string {
  if (before === undefined) return "not looked at";
  if (typeof before === "string") return before;
  if (typeof before !== "object" || before === null || Array.isArray(before)) return JSON.stringify(before);
  return Object.entries(before)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

function effectText({ effect, fault, lastSaw, state, judged, samples }: StepStory): string {
  const watched =
    judged === undefined ? "" : `judged ${judged.verdict} after ${samples} samples: ${judged.because}`;
  const text = effect ?? (state === "failed" ? fault?.summary : undefined) ?? lastSaw ?? "none seen";
  return watched === "" || text.includes(judged?.because ?? "") ? text : `${text}; ${watched}`;
}
