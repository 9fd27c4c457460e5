import type { StatusRow } from "../status-row.ts";
import type { Paint } from "./paint.ts";

const marks = { done: "✔", waiting: "◷", failed: "✖" } as const;

/** The table of `ops sandbox status`: what is wrong first, then everything else, and what was broken on purpose. */
export function renderStatus(rows: readonly StatusRow[], broken: readonly string[], paint: Paint): string {
  const order = { failed: 0, waiting: 1, done: 2 } as const;
  const sorted = [...rows].sort((a, b) => order[a.state] - order[b.state]);
  const width = Math.max(...rows.map(({ health }) => health.length), 4);
  const lines = sorted.map((row) => {
    const colour = { done: paint.good, waiting: paint.busy, failed: paint.bad }[row.state];
    const figures = [row.pid, row.port, row.memoryMiB].map((value) => String(value ?? "–"));
    const [pid = "", port = "", memory = ""] = figures;
    return `${colour(marks[row.state])}  ${row.name.padEnd(14)} ${row.health.padEnd(width)}  ${pid.padStart(7)} ${port.padStart(6)} ${memory.padStart(6)}`;
  });
  const head = `   ${"process".padEnd(14)} ${"seen".padEnd(width)}  ${"pid".padStart(7)} ${"port".padStart(6)} ${"MiB".padStart(6)}`;
  const total = rows.filter(({ name }) => name !== "load balancer");
  const memory = rows.reduce((sum, { memoryMiB }) => sum + (memoryMiB ?? 0), 0);
  const bad = rows.filter(({ state }) => state === "failed").length;
  return [
    paint.faint(head),
    ...lines,
    "",
    `${total.length} processes, ${memory} MiB, ${bad === 0 ? "all well" : `${bad} not well`}`,
    ...(broken.length === 0
      ? []
      : [`Broken on purpose: ${broken.join(", ")}.  ops sandbox mend  puts it right`]),
  ].join("\n");
}
