import { type Duration, toMs } from "#kit/duration.ts";
import { askLogs, type LogAnswer } from "#kit/log-query.ts";
import type { Readers, Service } from "#kit/ports.ts";

/** Who asks the logs, and when. */
type Asker = Pick<Readers, "logs" | "inventory"> & { readonly now: () => Date };

/** No answer is waited for longer than this. */
const patience: Duration = "5s";

/**
 * Errors of some services' lines of late, counted by their code, most first. Services whose lines are in one place are asked for once; where one
 * of several places does not answer, `incomplete` says so. Throws when none does. Source: csrd-production-runbook "Error Rate Spike".
 */
export async function errorsByCode(
  { logs, inventory, now }: Asker,
  services: readonly Service[],
  back: Duration,
): Promise<LogAnswer> {
  const question = askLogs(inventory.logQuery("errors-by-code"), {}, until(now(), back));
  const groups = groupsOf(services);
  const answers = await Promise.allSettled(groups.map((group) => logs.query(group, question, patience)));
  const known = answers.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = answers.find((one) => one.status === "rejected");
  const [first] = known;
  if (first === undefined) throw failed?.reason ?? new Error("no service was named");
  const silent =
    known.length === groups.length ? undefined : `${known.length} of ${groups.length} log groups answered`;
  return known.length === 1
    ? { ...first, incomplete: silent ?? first.incomplete }
    : {
        columns: first.columns,
        rows: summed(known),
        incomplete: silent ?? known.find(({ incomplete }) => incomplete !== undefined)?.incomplete,
      };
}

/** How many facts each report has that a service wrote within a time until now, newest first. Source: csrd-production-runbook "Issue: XBRL Generation Slow". */
export function reportSizes(
  { logs, inventory, now }: Asker,
  { logGroup = "" }: Service,
  back: Duration,
): Promise<LogAnswer> {
  return logs.query(logGroup, askLogs(inventory.logQuery("report-sizes"), {}, until(now(), back)), patience);
}

function until(now: Date, back: Duration) {
  return { from: new Date(now.getTime() - toMs(back)), until: now };
}

/** Where the lines of these services are; one nameless place when the environment's file names none for any of them. */
function groupsOf(services: readonly Service[]): readonly string[] {
  const named = services.flatMap(({ logGroup }) => (logGroup === undefined ? [] : [logGroup]));
  return named.length === 0 ? [""] : [...new Set(named)].toSorted();
}

function summed(answers: readonly LogAnswer[]): LogAnswer["rows"] {
  const counts = new Map<string, number>();
  for (const [code, count] of answers.flatMap(({ rows }) => rows))
    counts.set(String(code ?? ""), (counts.get(String(code ?? "")) ?? 0) + Number(count ?? 0));
  return [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

/** How the counted codes read at a glance: "memory-limit 12, csrd-defect 1". */
export function codesText({ rows }: LogAnswer): string {
  return rows
    .slice(0, 3)
    .map(([code, count]) => `${String(code ?? "without a code").slice(0, 40)} ${Number(count ?? 0)}`)
    .join(", ");
}

/** Size of the latest reports beside that of those before, as medians; undefined when there are too few to compare. */
export function sizesOf({
  columns,
  rows,
}: LogAnswer): { readonly recent: number; readonly typical: number } | undefined {
  const place = columns.indexOf("context.facts");
  const facts = rows.flatMap((row) => {
    const count = row[place];
    return typeof count === "number" ? [count] : [];
  });
  if (facts.length < latest * 2) return undefined;
  return { recent: median(facts.slice(0, latest)), typical: median(facts.slice(latest)) };
}

/** So many reports are "of late". */
const latest = 3;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
