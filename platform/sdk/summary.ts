import { isAbsolute, join, relative } from "node:path";
import { paint } from "#kit/render/palette.ts";
import type { Screen } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { clean, displayWidth, hang, labelled, pad } from "#kit/render/width.ts";
import { files } from "../agents/documents.ts";
import type { KeyFigure } from "./key-figures.ts";
import type { CsrdReport } from "./report.ts";
import type { Verdict } from "./verdict.ts";

/** Where text goes that is no terminal: no colour, no glyphs beyond ASCII, 80 columns. */
export const plainScreen: Screen = { columns: 80, rows: 24, color: false, ascii: true, suffix: "" };

/** How many of a kind are told; the rest is counted, and stands in the files. */
const most = 6;

/** The end of a run as a person reads it: figures, quality, verdict by severity, what needs a person, where the files are, and the last word. */
export function summaryLines(screen: Screen, report: CsrdReport): readonly string[] {
  const heading = (text: string): string => paint(screen, "strong", text);
  const needs = [
    ...report.needsAPerson,
    ...report.textsToDo,
    "Read the statement; tagging is preparatory, no law asks for it yet.",
  ];
  // What a person has to write is told once, where it is asked for.
  const warnings = report.warnings.filter(
    (warning) => !report.textsToDo.some((text) => warning.endsWith(text)),
  );
  const { start, end } = report.company.period;
  return [
    "",
    ...hang(screen, "", `${clean(report.company.legal_name, 80)}, ${start} to ${end}`, "strong"),
    ...figureLines(screen, report.keyFigures, report.metrics.length, shortPath(report.outputDir)),
    "",
    ...qualityLines(screen, report),
    ...verdictLines(screen, report.audit),
    ...readyLines(screen, report),
    ...listed(
      screen,
      heading("To look at"),
      warnings,
      `all in ${join(shortPath(report.outputDir), "intermediate")}`,
    ),
    "",
    heading("Needs a person"),
    ...needs.slice(0, most).flatMap((need) => hang(screen, "  ", clean(need, 240))),
    ...(needs.length > most ? [`  and ${needs.length - most} more in the audit`] : []),
    "",
    ...fileLines(screen, report),
    "",
    ...lastLines(screen, report),
  ];
}

/** The verdict alone, for the end of every screen. */
function lastLines(screen: Screen, report: CsrdReport): readonly string[] {
  const { audit, status } = report;
  if (audit === undefined)
    return hang(screen, mark(screen, "stale"), "Done, and not audited: nobody has checked this report.");
  const { failed } = audit;
  if (status === "failed")
    return hang(
      screen,
      mark(screen, "failed"),
      `Done, but not compliant: ${failed.critical} critical and ${failed.major} major rules are broken.`,
    );
  if (status === "warnings")
    return hang(screen, mark(screen, "waiting"), "Done, with warnings; no critical or major rule is broken.");
  return hang(screen, mark(screen, "done"), "Done. Every rule that could be checked holds.");
}

/** The figures that stand for the whole, one a line, and how many there are. */
export function figureLines(
  screen: Screen,
  keyFigures: readonly KeyFigure[],
  all: number,
  outputDir: string,
): readonly string[] {
  const names = Math.max(0, ...keyFigures.map(({ name }) => name.length)) + 2;
  const values = Math.max(0, ...keyFigures.map(({ value }) => value.length));
  const units = Math.max(0, ...keyFigures.map(({ unit }) => unit.length));
  const narrow = 2 + names + values + 1 + units > screen.columns;
  return [
    ...keyFigures.flatMap(({ name, value, unit }) =>
      narrow
        ? [`  ${name}`, `${value.padStart(values + 4)} ${unit}`.trimEnd()]
        : [`  ${pad(name, names)}${value.padStart(values)} ${unit}`.trimEnd()],
    ),
    ...commandLine(screen, `${all.toLocaleString("en")} figures in all:`, `csrd explain -o ${outputDir}`),
  ];
}

/** Whether an assurance provider can begin, or what stands in the way. */
function readyLines(screen: Screen, report: CsrdReport): readonly string[] {
  const { isAuditReady, isCompliant, quality, textsToDo, topics } = report;
  const open = topics.filter(({ by }) => by !== "company").map(({ standard }) => standard);
  const because = [
    ...(isCompliant ? [] : ["it is not known to be compliant"]),
    ...(quality.passed ? [] : ["data quality is below its threshold"]),
    ...(open.length === 0 ? [] : [`the company has not concluded on ${open.join(", ")}`]),
    ...(textsToDo.length === 0 ? [] : ["texts are to be written or approved"]),
    ...(topics.length === 0 ? ["materiality was not assessed"] : []),
  ];
  return labelled(
    screen,
    "Assurance",
    isAuditReady ? "can begin" : `cannot begin yet: ${because.join("; ")}`,
  );
}

function qualityLines(screen: Screen, { quality, counts }: CsrdReport): readonly string[] {
  const { score, threshold, passed } = quality;
  const aside = counts.rejected > 0 ? `, ${counts.rejected.toLocaleString("en")} set aside` : "";
  return labelled(
    screen,
    "Data quality",
    `${score} of 100${passed ? "" : `, below the threshold of ${threshold}`}; ${counts.valid.toLocaleString("en")} of ${counts.total.toLocaleString("en")} rows used${aside}`,
  );
}

/** The audit's verdict in numbers, and what is broken, the gravest first. */
export function verdictLines(screen: Screen, audit: Verdict | undefined): readonly string[] {
  if (audit === undefined) return labelled(screen, "Audit", "left out");
  const { failed, checked, passed, warnings, notApplicable, notEvaluated, status } = audit;
  const word = { PASS: "passes", WARNING: "passes with warnings", FAIL: "fails" }[status];
  const sum = `${word}: ${passed} of ${checked} rules hold, ${failed.critical} critical, ${failed.major} major and ${failed.minor} minor broken, ${warnings} warnings, ${notApplicable} not applicable, ${notEvaluated} not evaluated`;
  return [...labelled(screen, "Audit", sum), ...brokenLines(screen, audit)];
}

/** The rules that are broken, the gravest first, with evidence and remedy. */
function brokenLines(screen: Screen, { broken }: Verdict): readonly string[] {
  const ordered = (["critical", "major", "minor"] as const).flatMap((severity) =>
    broken.filter((one) => one.severity === severity),
  );
  return [
    ...ordered
      .slice(0, most)
      .flatMap(({ severity, rule, evidence, remedy }) =>
        hang(
          screen,
          `  ${paint(screen, severity === "minor" ? "waiting" : "failed", severity.padEnd(9))}`,
          `${clean(rule, 80)}: ${sentence(clean(evidence, 160))} ${clean(remedy, 160)}`,
        ),
      ),
    ...(ordered.length > most ? [`  and ${ordered.length - most} more in ${files.auditText}`] : []),
  ];
}

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** What `--quiet` leaves: the broken rules, how many warnings there are, and the last word. */
export function quietLines(screen: Screen, report: CsrdReport): readonly string[] {
  const { audit, warnings } = report;
  return [
    ...(audit === undefined ? [] : brokenLines(screen, audit)),
    ...(warnings.length === 0
      ? []
      : [
          `${warnings.length} ${warnings.length === 1 ? "warning" : "warnings"}; without --quiet they are listed.`,
        ]),
    ...lastLines(screen, report),
  ];
}

/** A headed list, cut where it gets long, with where the rest is; nothing when there is nothing. */
export function listed(
  screen: Screen,
  heading: string,
  lines: readonly string[],
  rest: string,
): readonly string[] {
  if (lines.length === 0) return [];
  return [
    "",
    heading,
    ...lines.slice(0, most).flatMap((line) => hang(screen, "  ", clean(line, 150))),
    ...(lines.length > most ? hang(screen, "  ", `and ${lines.length - most} more, ${rest}`, "muted") : []),
  ];
}

function fileLines(screen: Screen, { outputDir, wrote }: CsrdReport): readonly string[] {
  const places = [
    ["Read", files.xhtml],
    ["Package", files.package],
    ["Data", files.report],
    ["Audit", files.auditText],
    ["To mend", files.rejected],
  ] as const;
  return [
    ...places
      .filter(([, name]) => wrote.includes(name))
      .flatMap(([label, name]) => pathLine(screen, label, join(shortPath(outputDir), name))),
    ...pathLine(screen, "Explain", `csrd explain <figure> -o ${shortPath(outputDir)}`),
  ];
}

/** A command is never cut in two: it must be copied whole. */
export function commandLine(screen: Screen, before: string, command: string): readonly string[] {
  const shown = paint(screen, "command", command);
  if (before === "") return [`  ${shown}`];
  const fits = 2 + before.length + 1 + displayWidth(command) <= screen.columns;
  return fits ? [`  ${before} ${shown}`] : [`  ${before}`, `    ${shown}`];
}

/** A path is never cut in two: it must be copied whole. */
function pathLine(screen: Screen, label: string, path: string): readonly string[] {
  const line = `${label.padEnd(9)}${path}`;
  return displayWidth(line) <= screen.columns ? [line] : [label, `  ${path}`];
}

/** A folder as it is named from here, where that is shorter. */
export function shortPath(folder: string): string {
  const short = relative(process.cwd(), folder);
  return short === "" ? "." : short.startsWith("..") || isAbsolute(short) ? folder : short;
}
