import { paint } from "#kit/render/palette.ts";
import type { Screen } from "#kit/render/screen.ts";
import { mark, markWidth } from "#kit/render/states.ts";
import { pad } from "#kit/render/width.ts";
import type { StatusRow } from "../status-row.ts";

const order = { failed: 0, waiting: 1, done: 2 } as const;

/** The table of `ops sandbox status`: what is wrong first, then everything else, and what was broken on purpose. */
export function renderStatus(rows: readonly StatusRow[], broken: readonly string[], screen: Screen): string {
  const sorted = [...rows].sort((a, b) => order[a.state] - order[b.state]);
  const seen = Math.max(...rows.map(({ health }) => health.length), 4);
  const numbers = screen.columns >= markWidth(screen) + 15 + seen + 23;
  const line = (name: string, health: string, figures: readonly (number | string | undefined)[]): string =>
    [
      pad(name, 14),
      pad(health, seen),
      ...(numbers ? figures.map((figure) => String(figure ?? "-").padStart(6)) : []),
    ]
      .join(" ")
      .trimEnd();
  const bad = rows.filter(({ state }) => state === "failed").length;
  const processes = rows.filter(({ inside }) => inside !== true).length;
  const memory = rows.reduce((sum, { memoryMiB }) => sum + (memoryMiB ?? 0), 0);
  return [
    " ".repeat(markWidth(screen)) + paint(screen, "muted", line("process", "seen", ["pid", "port", "MiB"])),
    ...sorted.map(
      (row) => mark(screen, row.state) + line(row.name, row.health, [row.pid, row.port, row.memoryMiB]),
    ),
    "",
    `${processes} processes, ${memory} MiB, ${bad === 0 ? "all well" : `${bad} not well`}`,
    ...(broken.length === 0
      ? []
      : [`Broken on purpose: ${broken.join(", ")}`, "Put it right: ops sandbox mend"]),
  ].join("\n");
}
