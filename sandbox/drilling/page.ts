import { formatMs } from "#kit/duration.ts";
import type { DrillShown } from "#kit/render/drill.ts";

/** One drill of a series: what came of it, or why it could not be held. */
export type Held = {
  readonly runbook: string;
  readonly drill: string;
  readonly shown: DrillShown | undefined;
  readonly asExpected: boolean;
  /** The last words of a command that did not get to its end. */
  readonly failed?: string;
};

/** What a series of drills is about, for its page. */
export type Series = {
  readonly at: Date;
  readonly machine: string;
  readonly tookMs: number;
  readonly held: readonly Held[];
};

/** The dated page of a series of drills, in Markdown. */
export function drillsPage({ at, machine, tookMs, held }: Series): string {
  const good = held.filter(({ asExpected }) => asExpected).length;
  return [
    `# Drills of ${at.toISOString().slice(0, 10)}`,
    "",
    `Written by \`npm run drills\`: every fault is real, in a practice production on ${machine}; every runbook ran by itself, its plan approved by a second person as soon as it asked. ${good} of ${held.length} came out where they have to, in ${formatMs(tookMs)}.`,
    "",
    "| Runbook | Drill | Came to | detect | decide | mitigate | verify | whole | the manual wants somebody at it within |",
    "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ...held.map(row),
    "",
    "Times are the practice production's: an alarm waits 3 s, recovery has to hold for 3 s, where production waits 2 min and 5 min. *detect* is from the fault until the check has seen it for as long as the alarm waits; *decide* from the question to the plan, *mitigate* from the approval to the last effect, *verify* from there to the end of the proof. People's answers are left out.",
    "",
  ].join("\n");
}

function row({ runbook, drill, shown, asExpected, failed }: Held): string {
  const name = `| [${runbook}](../manual/${runbook}.md) | ${drill} |`;
  if (shown === undefined) return `${name} not held: ${(failed ?? "").replaceAll("|", "/")} | | | | | | |`;
  const { came, times, severity, targetMs } = shown;
  const cells = [times.detect, times.decide, times.mitigate, times.verify, times.whole].map(formatMs);
  const where = `${came.rule}, ${came.outcome}${asExpected ? "" : ` **(expected ${shown.rule}, ${shown.outcome})**`}`;
  return `${name} ${where} | ${cells.join(" | ")} | ${severity}: ${targetMs === undefined ? "next business day" : formatMs(targetMs)} |`;
}
