import { formatMs } from "#kit/duration.ts";
import type { CloudKind } from "../cloud-kinds.ts";
import type { Held } from "./series.ts";

/** What a page of drills is about. */
export type Series = {
  readonly machine: string;
  /** What the practice production runs on. */
  readonly cloud: CloudKind;
  /** The last result of every drill, in their order. */
  readonly held: readonly Held[];
  /** How many drills there are, held or not. */
  readonly of: number;
};

/** The page of every drill's last result, in Markdown: one dated line each, the manual's time beside the measured ones, and a picture. */
export function drillsPage({ machine, cloud, held, of }: Series): string {
  const good = held.filter(({ asExpected }) => asExpected).length;
  const days = [...new Set(held.map(({ at }) => at.slice(0, 10)))].toSorted();
  const took = held.reduce((sum, { tookMs }) => sum + tookMs, 0);
  const late = held.filter(
    ({ shown }) => shown?.targetMs !== undefined && shown.times.whole > shown.targetMs,
  );
  return [
    cloud === "aws" ? "# Drills" : "# Drills on Kubernetes",
    "",
    `Written by \`npm run drills${cloud === "aws" ? "" : ` -- --cloud ${cloud}`}\`: every fault is real, in a practice production ${cloud === "aws" ? "of processes behind the AWS API" : "of pods behind the Kubernetes API"} on ${machine}; every runbook ran by itself, its plan approved by a second person as soon as it asked. Of ${of} drills ${held.length} were held (${days.length < 2 ? (days[0] ?? "never") : `${days[0]} to ${days.at(-1)}`}), ${good} came out where they have to, ${late.length === 0 ? "each within the time in which the manual wants somebody to be at it" : `${late.length} took longer than the manual wants somebody to be at it`}. All of them together take ${formatMs(took)}.`,
    "",
    "| Held | Runbook | Drill | Came to | detect | decide | mitigate | verify | whole | the manual wants somebody at it within |",
    "|---|---|---|---|---:|---:|---:|---:|---:|---:|",
    ...held.map(row),
    "",
    ...picture(held),
    "Times are the practice production's: an alarm waits 3 s, recovery has to hold for 3 s, where production waits 2 min and 5 min. *detect* is from the fault until the check has seen it for as long as the alarm waits; *decide* from the question to the plan, *mitigate* from the approval to the last effect, *verify* from there to the end of the proof. People's answers are left out.",
    "",
  ].join("\n");
}

function row({ runbook, drill, at, shown, asExpected, failed }: Held): string {
  const name = `| ${at.slice(0, 16).replace("T", " ")} | [${runbook}](../manual/${runbook}.md) | ${drill} |`;
  if (shown === undefined) return `${name} not held: ${(failed ?? "").replaceAll("|", "/")} | | | | | | |`;
  const { came, times, severity, targetMs } = shown;
  const cells = [times.detect, times.decide, times.mitigate, times.verify, times.whole].map(formatMs);
  const where = `${came.rule}, ${came.outcome}${asExpected ? "" : ` **(expected ${shown.rule}, ${shown.outcome})**`}`;
  return `${name} ${where} | ${cells.join(" | ")} | ${severity}: ${targetMs === undefined ? "next business day" : formatMs(targetMs)} |`;
}

const columns = 60;

/** Where the time of each drill went, drawn with characters so that it reads everywhere, one scale for all. */
function picture(held: readonly Held[]): readonly string[] {
  const shown = held.flatMap((one) => (one.shown === undefined ? [] : [one.shown]));
  const longest = Math.max(1, ...shown.map(({ times }) => times.whole));
  const name = ({ runbook, drill }: { readonly runbook: string; readonly drill: string }) =>
    `${runbook} ${drill}`;
  const wide = Math.max(0, ...shown.map((one) => name(one).length));
  if (shown.length === 0) return [];
  return [
    "Where the time went:",
    "",
    "```text",
    `${" ".repeat(wide)}  ░ detect  ▒ decide  ▓ mitigate  █ verify; a full line is ${formatMs(longest)}`,
    ...shown.map((one) => {
      const { detect, decide, mitigate, verify, whole } = one.times;
      return `${name(one).padEnd(wide)}  ${bar([detect, decide, mitigate, verify], longest)}  ${formatMs(whole)}`;
    }),
    "```",
    "",
  ];
}

const shades = ["░", "▒", "▓", "█"];

/** Parts of one length after the other; each edge is rounded on its own, so that the parts add up to the whole. */
function bar(parts: readonly number[], longest: number): string {
  let sum = 0;
  let drawn = 0;
  return parts
    .map((ms, at) => {
      sum += ms;
      const end = Math.round((columns * sum) / longest);
      const piece = (shades[at] ?? "█").repeat(Math.max(0, end - drawn));
      drawn = end;
      return piece;
    })
    .join("");
}
