import type { ProbeState, RunState } from "../fold.ts";
import { formatMs } from "../duration.ts";
import { paint } from "./palette.ts";
import { textColumns, type Screen } from "./screen.ts";
import { mark, markOfReading, markWidth } from "./states.ts";
import { clean, displayWidth, hang, pad } from "./width.ts";

/** What was found: unhealthy first, then unknown, then what informs; healthy last, folded two per line where that fits. */
export function foundLines(screen: Screen, state: RunState): readonly string[] {
  const kinds = { bad: [], unknown: [], note: [], fine: [] } as Record<Kind, ProbeState[]>;
  for (const probe of state.probes) kinds[kindOf(probe)].push(probe);
  const names = Math.min(16, Math.max(...state.probes.map((probe) => probe.name.length), 0));
  return [
    ...[...kinds.bad, ...kinds.unknown, ...kinds.note].flatMap((probe) => probeLines(screen, probe, names)),
    ...folded(screen, kinds.fine, names),
  ];
}

/** The ticking line while looking, with what is waited for once it is slow. */
export function lookingLines(screen: Screen, state: RunState, now: Date): readonly string[] {
  const open = state.probes.filter((probe) => probe.finding === undefined);
  const since = now.getTime() - Date.parse(state.lookedAt ?? state.askedAt);
  const waits =
    since > 2_000 && open.length > 0 ? `, waiting for ${open.map((probe) => probe.name).join(", ")}` : "";
  const text = `Looking: ${state.probes.length - open.length} of ${state.probes.length} answered, ${formatMs(since)}${waits}`;
  return hang(screen, mark(screen, "running"), text);
}

/** One finding, as it arrived. */
export function probeLines(screen: Screen, probe: ProbeState, names: number): readonly string[] {
  const { finding } = probe;
  const head = markWidth(screen);
  const name = pad(clean(probe.name, 30), names);
  if (finding === undefined) return [`${mark(screen, "next")}${name}`];
  const first = finding.known
    ? `${markOfReading(screen, finding.reading)}${name}  `
    : `${mark(screen, "unknown")}${name}  `;
  const says = finding.known
    ? clean(finding.reading.says)
    : `not known: ${clean(finding.reason)}${probe.optional ? "; the decision does not need it" : ""}`;
  if (screen.columns < 60) return [first.trimEnd(), ...hang(screen, " ".repeat(head), says)];
  return hang(screen, first, says);
}

type Kind = "bad" | "unknown" | "note" | "fine";

function kindOf({ finding }: ProbeState): Kind {
  return finding?.known === true ? finding.reading.state : "unknown";
}

function folded(screen: Screen, probes: readonly ProbeState[], names: number): readonly string[] {
  const half = Math.floor(Math.min(textColumns(screen), 80) / 2);
  const short = probes.map((probe) => {
    const says = probe.finding?.known === true ? clean(probe.finding.reading.says) : "";
    return { probe, text: `${mark(screen, "done")}${pad(clean(probe.name, 30), names)}  ${says}` };
  });
  const lines: string[] = [];
  let left: string | undefined;
  for (const { probe, text } of short) {
    if (displayWidth(text) > half - 1 || screen.columns < 72) {
      if (left !== undefined) lines.push(left);
      left = undefined;
      lines.push(...probeLines(screen, probe, names));
    } else if (left === undefined) left = text;
    else {
      lines.push(`${pad(left, half)}${text}`);
      left = undefined;
    }
  }
  return left === undefined ? lines : [...lines, left];
}

/** "Because … (rule all-targets-down)", the sentence that says why this and nothing else. */
export function becauseLines(screen: Screen, state: RunState, ending = "."): readonly string[] {
  const { decision } = state;
  if (decision === undefined) return [];
  const because = clean(decision.because, 600).replace(/[.:]$/, "");
  return hang(screen, "", `Because ${because} (rule ${clean(decision.rule, 60)})${ending}`).map((line) =>
    paint(screen, "strong", line),
  );
}
