import { writeFileSync } from "node:fs";
import { Option, type Command } from "commander";
import { formatMs } from "#kit/duration.ts";
import { paint } from "#kit/render/palette.ts";
import type { Screen } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang, labelled } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import { chart, type Spread } from "#platform/probe/figures.ts";
import type { Depth, LoadResult, LoadSum } from "#platform/probe/load-judge.ts";
import { sampleNames, type SampleName } from "#platform/probe/sample.ts";
import { wholeNumber } from "./numbers.ts";
import {
  needsConsent,
  placeOf,
  type Place,
  type PlaceOptions,
  stopSignal,
  withPlace,
} from "./probe-place.ts";
import { milliseconds } from "./smoke.ts";
import { print, terminal } from "./terminal.ts";

type Options = PlaceOptions & {
  readonly concurrent: string;
  readonly reports?: string;
  readonly sample: SampleName;
  readonly within: string;
  readonly out?: string;
  readonly yes?: true;
  readonly json?: true;
};

const label = "LOAD TEST, not a real report";
const most = { concurrent: 500, reports: 5_000 };

/** `csrd load`: many real reports at once through a running platform; the manual's `load_test.sh`. */
export function register(program: Command): void {
  withPlace(program.command("load"))
    .description("send many real reports at once through a running platform, and say what became of them")
    .addOption(
      new Option("--concurrent <number>", "most reports under way at once")
        .default("10")
        .env("NUM_CONCURRENT"),
    )
    .option("--reports <number>", "reports in all (default: as many as at once)")
    .addOption(
      new Option("--sample <company>", "whose data they are")
        .choices(sampleNames)
        .default("vesterlund-instrumenter"),
    )
    .option("--within <time>", "longest time for all of it", "30m")
    .option("--out <file>", "keep the result in a file")
    .option("--yes", "send them to production")
    .option("--json", "the result as JSON instead of the table")
    .addHelpText(
      "after",
      `\nAt most ${most.concurrent} at once and ${most.reports.toLocaleString("en")} in all. Ctrl-C takes back what has not ended.` +
        "\nExit codes: 0 all completed · 1 some did not come to an end · 2 some were refused, failed or given up",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const concurrent = wholeNumber("--concurrent", options.concurrent, 1, most.concurrent);
  const reports = wholeNumber("--reports", options.reports ?? options.concurrent, 1, most.reports);
  const place = await placeOf(options);
  requireConsent(place, reports, options.yes === true);
  const [{ load }, { sumLoad }, { loadSample }] = await Promise.all([
    import("#platform/probe/load.ts"),
    import("#platform/probe/load-judge.ts"),
    import("#platform/probe/sample.ts"),
  ]);
  const stop = stopSignal(milliseconds(options.within));
  const show = progress(reports, options.json === true);
  let taken: string | undefined;
  if (options.json !== true)
    print([
      `${place.name}  ${place.url}`,
      `${reports} reports of ${options.sample}, ${concurrent} at once`,
      "",
    ]);
  const result = await load({
    at: { url: place.url, key: place.key, signal: stop.signal },
    sample: await loadSample(options.sample, label),
    reports,
    concurrent,
    onDepth: show.on,
    onTakenBack: (count, left) => {
      taken = `${count} taken back${left.length === 0 ? "" : `; not taken back: ${left.join(", ")}`}.`;
    },
  }).finally(show.end);
  const sum = sumLoad(result);
  const cut = stop.signal.aborted
    ? `${stop.why() === "asked" ? "Stopped before it was done" : `Not done within ${options.within}`}. ${taken ?? ""}`.trim()
    : undefined;
  process.exitCode = cut !== undefined || sum.verdict === "broken" ? 1 : sum.verdict === "missed" ? 2 : 0;
  const kept = {
    at: new Date().toISOString(),
    environment: place.name,
    tier: place.tier,
    sample: options.sample,
    concurrent,
    tookMs: Math.round(result.tookMs),
    heldBack: result.heldBack,
    ...(cut === undefined ? {} : { stopped: cut }),
    ...sum,
    depths: result.depths.map((depth) => ({ ...depth, at: Math.round(depth.at) })),
  };
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(kept, undefined, 2)}\n`);
  if (options.json === true) process.stdout.write(`${JSON.stringify(kept)}\n`);
  else print(table(terminal().screen, sum, result, cut));
}

function requireConsent(place: Place, reports: number, yes: boolean): void {
  if (yes || !needsConsent(place)) return;
  throw new CsrdError("load-refused", {
    summary: `${place.name} is ${place.tier === "production" ? "production" : "not known to be none"}; ${reports} reports were not sent.`,
    hint: "Load a staging environment or the sandbox. Where production is meant, say --yes.",
  });
}

/** How far it is: redrawn on a terminal, a line every ten seconds elsewhere, nothing for programs. */
function progress(
  reports: number,
  quiet: boolean,
): { readonly on: (depth: Depth, sent: number) => void; readonly end: () => void } {
  if (quiet) return { on: () => undefined, end: () => undefined };
  const { redraw } = terminal();
  let last = Number.NEGATIVE_INFINITY;
  return {
    on: ({ at, waiting, running, over }, sent) => {
      const text = `${formatMs(at)}  ${sent} of ${reports} sent, ${waiting} wait, ${running} run, ${over} ended`;
      if (redraw) process.stdout.write(`\r\u001b[2K${text}`);
      else if (at - last >= 10_000) {
        print([text]);
        last = at;
      }
    },
    end: () => {
      if (redraw) process.stdout.write("\r\u001b[2K");
    },
  };
}

const shapes = { held: "done", missed: "failed", broken: "failed" } as const;

function table(
  screen: Screen,
  sum: LoadSum,
  { depths, heldBack, tookMs }: LoadResult,
  cut: string | undefined,
): readonly string[] {
  const { ends } = sum;
  const row = (name: string, text: string): readonly string[] => labelled(screen, name, text, 14);
  const drawn = chart(
    depths.map(({ waiting, running }) => waiting + running),
    { columns: Math.min(screen.columns, 80) - 14, rows: 5, ascii: screen.ascii },
  );
  return [
    ...row("Accepted", `${sum.accepted} of ${sum.sent}; ${said(sum.accepting)}`),
    ...row("Completed", `${ends.completed} of ${sum.accepted}; ${said(sum.durations)}`),
    ...row("Failed", String(ends.failed)),
    ...row("Dead letter", String(ends["dead-letter"])),
    ...(ends.cancelled + ends.unfinished === 0
      ? []
      : row("Not ended", `${ends.unfinished} unfinished, ${ends.cancelled} cancelled`)),
    ...(sum.reasons.length === 0
      ? []
      : row("Reasons", sum.reasons.map(([code, count]) => `${clean(code, 60)} ${count}×`).join(", "))),
    ...row("Rate", `${sum.perMinute.toFixed(1)} reports/min over ${formatMs(tookMs)}`),
    ...row("Held back", `${heldBack}× by the rate limit`),
    ...(drawn.length === 0
      ? []
      : ["", "Reports not ended, over the time", ...drawn.map((text) => `${" ".repeat(14)}${text}`)]),
    "",
    ...hang(
      screen,
      mark(screen, cut === undefined ? shapes[sum.verdict] : "failed"),
      `${cut ?? ""}${cut === undefined ? "" : " "}${sum.says.charAt(0).toUpperCase()}${sum.says.slice(1)}.`,
    ).map((text) => paint(screen, "strong", text)),
  ];
}

function said({ count, min, median, p95, max }: Spread): string {
  if (count === 0) return "none";
  const ranks = p95 === undefined ? `max ${formatMs(max)}` : `p95 ${formatMs(p95)}, max ${formatMs(max)}`;
  return `min ${formatMs(min)}, median ${formatMs(median)}, ${ranks} of ${count}`;
}
