import type { Health } from "../check.ts";
import { paint } from "./palette.ts";
import { textColumns, type Screen } from "./screen.ts";
import { mark, stateOfHealth, states } from "./states.ts";
import { tsv } from "./table.ts";
import { clean, displayWidth, hang } from "./width.ts";

/** A check and what one look at it said. */
export type CheckedRow = { readonly id: string; readonly title: string; readonly health: Health };

/** Checks, worst first, each with its evidence; then the sum. */
export function renderChecks(screen: Screen, rows: readonly CheckedRow[]): readonly string[] {
  const order = ["unhealthy", "unknown", "degraded", "healthy"];
  const sorted = [...rows].sort((a, b) => order.indexOf(a.health.state) - order.indexOf(b.health.state));
  return [
    ...sorted.flatMap(({ id, title, health }) => {
      const says = clean(health.says, 300);
      const first = `${mark(screen, stateOfHealth(health))}${paint(screen, "strong", clean(title, 160))}`;
      const whole = `${first}  ${health.state}: ${says}`;
      if (displayWidth(whole) <= textColumns(screen))
        return [`${whole}  ${paint(screen, "muted", `(${id})`)}`];
      return [
        ...hang(screen, mark(screen, stateOfHealth(health)), clean(title, 160)),
        ...hang(screen, "     ", `${health.state}: ${says} (${id})`),
      ];
    }),
    "",
    checksSum(rows),
  ];
}

/** "2 healthy, 1 unknown". */
export function checksSum(rows: readonly CheckedRow[]): string {
  const counts = (["unhealthy", "degraded", "unknown", "healthy"] as const)
    .map((state) => [state, rows.filter((row) => row.health.state === state).length] as const)
    .filter(([, count]) => count > 0);
  return `${rows.length} ${rows.length === 1 ? "check" : "checks"}: ${counts.map(([state, count]) => `${count} ${state}`).join(", ") || "none"}.`;
}

/** The same for pipes. */
export function checksTsv(rows: readonly CheckedRow[], withHeader: boolean): readonly string[] {
  return tsv(
    ["check", "state", "word", "says", "title"],
    rows.map(({ id, title, health }) => [
      id,
      health.state,
      states[stateOfHealth(health)].word,
      health.says,
      title,
    ]),
    withHeader,
  );
}
