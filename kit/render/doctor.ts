import { formatMs } from "../duration.ts";
import {
  isNeeded,
  type Needing,
  type ReadinessFinding,
  type ReadyState,
  type RunbookReadiness,
} from "../readiness.ts";
import type { ShownState } from "../fold.ts";
import { band, type Place } from "./environment.ts";
import { paint, plainly } from "./palette.ts";
import { textColumns, type Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { tsv } from "./table.ts";
import { clockTime } from "./times.ts";
import { clean, displayWidth, hang } from "./width.ts";

/** A runbook as the doctor leaves it. */
type ExaminedRunbook = Needing & {
  readonly readiness: RunbookReadiness;
  /** "last drill 3 d ago, solved in 41 s". */
  readonly drill: string;
};

/** Everything that was looked at, and what it means for each runbook. */
export type Examination = {
  readonly place: Place;
  readonly at: string;
  readonly tookMs: number;
  readonly findings: readonly ReadinessFinding[];
  readonly runbooks: readonly ExaminedRunbook[];
};

const order: readonly ReadyState[] = ["ready", "warning", "unknown", "not-ready"];

const looks: Readonly<Record<ReadyState, { readonly word: string; readonly state: ShownState }>> = {
  ready: { word: "Ready", state: "done" },
  warning: { word: "Warning", state: "stale" },
  unknown: { word: "Unknown", state: "unknown" },
  "not-ready": { word: "Not ready", state: "failed" },
};

/** What was found, the worst last, where a terminal is read; then the runbooks and the sum. */
export function renderDoctor(screen: Screen, examination: Examination): readonly string[] {
  const { place, at, tookMs, findings, runbooks } = examination;
  const right = `checked ${clockTime(at)} UTC, took ${formatMs(tookMs)}`;
  return [
    ...band(screen, place, right),
    "",
    ...sorted(findings).flatMap((finding) => findingLines(screen, finding, stoppedBy(finding, runbooks))),
    "",
    paint(screen, "strong", "Runbooks"),
    ...runbooks.flatMap((runbook) => runbookLines(screen, runbook)),
    "",
    ...hang(screen, "", doctorSum(examination)),
  ];
}

/** "2 of 2 runbooks can run in sandbox; 18 findings: 1 not ready, 17 ready." */
export function doctorSum({ findings, runbooks, place }: Examination): string {
  const able = runbooks.filter(({ readiness }) => readiness.state === "ready").length;
  const counts = order
    .toReversed()
    .map((state) => [state, findings.filter((finding) => finding.state === state).length] as const)
    .filter(([, many]) => many > 0)
    .map(([state, many]) => `${many} ${looks[state].word.toLowerCase()}`);
  const where = clean(place.environment["name"] ?? place.tier, 30);
  return `${able} of ${runbooks.length} ${runbooks.length === 1 ? "runbook" : "runbooks"} can run in ${where}; ${findings.length} findings: ${counts.join(", ")}.`;
}

/** The same for pipes, one line each: findings, then runbooks. */
export function doctorTsv({ findings, runbooks }: Examination, withHeader: boolean): readonly string[] {
  return tsv(
    ["id", "state", "what", "says", "now", "needed by", "ms"],
    [
      ...sorted(findings).map((finding) => [
        finding.id,
        finding.state,
        finding.what,
        finding.says,
        finding.now,
        neededBy(finding, runbooks),
        String(Math.round(finding.tookMs)),
      ]),
      ...runbooks.map(({ id, readiness, drill }) => [
        `runbook.${id}`,
        readiness.state,
        id,
        readiness.because,
        undefined,
        drill,
        undefined,
      ]),
    ],
    withHeader,
  );
}

function sorted(findings: readonly ReadinessFinding[]): readonly ReadinessFinding[] {
  return findings.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

const wordWidth = 11;

function findingLines(screen: Screen, finding: ReadinessFinding, stops: string): readonly string[] {
  const { word, state } = looks[finding.state];
  const first = `${mark(screen, state)}${plainly(screen, word).padEnd(wordWidth)}`;
  const indent = " ".repeat(screen.columns < 60 ? 2 : displayWidth(first));
  const text = `${clean(finding.what, 120)}: ${clean(finding.says, 600)}${stops}`;
  const lines =
    screen.columns < 60 ? [first.trimEnd(), ...hang(screen, indent, text)] : hang(screen, first, text);
  if (finding.now === undefined) return lines;
  const now = clean(finding.now, 400);
  // A command is never cut in two; a sentence may wrap.
  const inOne = displayWidth(`${indent}now: ${now}`) <= textColumns(screen);
  return [
    ...lines,
    ...(inOne
      ? [`${indent}${paint(screen, "muted", `now: ${now}`)}`]
      : hang(screen, `${indent}now: `, now, "muted")),
  ];
}

function stoppedBy(finding: ReadinessFinding, runbooks: readonly ExaminedRunbook[]): string {
  if (finding.state !== "not-ready") return "";
  if (finding.needs === "telling") return "; runs go on, and nobody is told there";
  const stopped = runbooks.filter((runbook) => isNeeded(finding.needs, runbook));
  return stopped.length === 0 ? "" : `; stops ${stopped.map(({ id }) => id).join(", ")}`;
}

function neededBy(finding: ReadinessFinding, runbooks: readonly ExaminedRunbook[]): string {
  if (finding.needs === "telling") return "telling others";
  return runbooks
    .filter((runbook) => isNeeded(finding.needs, runbook))
    .map(({ id }) => id)
    .join(", ");
}

function runbookLines(screen: Screen, { id, readiness, drill }: ExaminedRunbook): readonly string[] {
  const { word, state } = looks[readiness.state];
  const why = readiness.state === "ready" ? "" : ` (${clean(readiness.because, 300)})`;
  return hang(
    screen,
    mark(screen, state),
    `${clean(id, 60)}: ${word.toLowerCase()}${why}; ${clean(drill, 100)}`,
  );
}
