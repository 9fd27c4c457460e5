import type { Runbook } from "../runbook.ts";
import { opsCommand, suggestionLines } from "./command.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { tsv } from "./table.ts";
import { clean, hang, pad } from "./width.ts";

/** A runbook as a list shows it. */
export type ListedRunbook = {
  readonly runbook: Runbook;
  /** "ready", or why it cannot run here; never a bare tick. */
  readonly readiness: string;
};

/** Everything a search looks through, weightiest first. */
function searchable({
  id,
  title,
  symptoms,
  trigger,
  summary,
  implements: headings,
}: Runbook): readonly (readonly [number, string])[] {
  return [
    [5, `${id} ${title}`],
    [4, trigger.map((alert) => `${alert.name} ${alert.title} ${alert.summary}`).join(" ")],
    [3, symptoms.join(" ")],
    [2, headings.join(" ")],
    [1, summary],
  ];
}

/** Runbooks that every word is found in, best first; and the words that were found nowhere. */
export function searchRunbooks(
  runbooks: readonly Runbook[],
  words: readonly string[],
): { readonly found: readonly Runbook[]; readonly unknown: readonly string[] } {
  const wanted = words.flatMap((word) => word.toLowerCase().split(/\s+/)).filter((word) => word !== "");
  const scored = runbooks.map((runbook) => {
    const fields = searchable(runbook).map(([weight, text]) => [weight, text.toLowerCase()] as const);
    const hits = wanted.map((word) => fields.find(([, text]) => text.includes(word))?.[0] ?? 0);
    return { runbook, hits, score: hits.reduce((sum, hit) => sum + hit, 0) };
  });
  return {
    found: scored
      .filter(({ hits }) => hits.every((hit) => hit > 0))
      .sort((a, b) => b.score - a.score)
      .map(({ runbook }) => runbook),
    unknown: wanted.filter((_, index) => scored.every(({ hits }) => hits[index] === 0)),
  };
}

/** Every word that a search could have meant. */
export function searchWords(runbooks: readonly Runbook[]): readonly string[] {
  const words = runbooks.flatMap((runbook) =>
    searchable(runbook).flatMap(([, text]) => text.toLowerCase().split(/[^a-z0-9]+/)),
  );
  return [...new Set(words.filter((word) => word.length > 2))];
}

/** Runbooks with their severity, readiness and what they are for. */
export function renderList(screen: Screen, listed: readonly ListedRunbook[]): readonly string[] {
  if (listed.length === 0) return ["No runbooks."];
  const ids = Math.max(...listed.map(({ runbook }) => runbook.id.length));
  const narrow = screen.columns < 60;
  return [
    ...listed.flatMap(({ runbook, readiness }) => {
      const id = paint(screen, "strong", runbook.id);
      const ready = clean(readiness, 600);
      if (narrow)
        return [
          `${id}  ${runbook.severity}`,
          ...hang(screen, "  ", runbook.title),
          ...hang(screen, "  ", ready, tone(readiness)),
          "",
        ];
      const first = `${pad(id, ids)}  ${runbook.severity}  `;
      const indent = " ".repeat(ids + 6);
      return [
        ...hang(screen, first, clean(runbook.title, 200)),
        ...hang(screen, indent, clean(runbook.summary, 300), "muted"),
        ...hang(screen, indent, ready, tone(readiness)),
      ];
    }),
    "",
    ...suggestionLines(screen, [
      { command: opsCommand(screen, "show", listed[0]?.runbook.id ?? ""), effect: "the manual page" },
      {
        command: opsCommand(screen, "plan", listed[0]?.runbook.id ?? ""),
        effect: "looks and plans; changes nothing",
      },
    ]),
  ];
}

function tone(readiness: string) {
  return readiness.startsWith("ready") ? "done" : "waiting";
}

/** The same for pipes. */
export function listTsv(listed: readonly ListedRunbook[], withHeader: boolean): readonly string[] {
  return tsv(
    ["runbook", "severity", "title", "readiness", "alerts", "symptoms"],
    listed.map(({ runbook, readiness }) => [
      runbook.id,
      runbook.severity,
      runbook.title,
      readiness,
      runbook.trigger.map((alert) => alert.name).join(", "),
      runbook.symptoms.join("; "),
    ]),
    withHeader,
  );
}
