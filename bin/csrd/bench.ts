import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { formatMs } from "#kit/duration.ts";
import { paint } from "#kit/render/palette.ts";
import { mark } from "#kit/render/states.ts";
import { displayWidth, hang } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import type { BenchLine, Change, EarlierLine } from "#platform/probe/bench-judge.ts";
import { wholeNumber } from "./numbers.ts";
import { needsConsent, placeOf, type PlaceOptions, stopSignal, withPlace } from "./probe-place.ts";
import { milliseconds } from "./smoke.ts";
import { print, terminal } from "./terminal.ts";

type Options = PlaceOptions & {
  readonly iterations: string;
  readonly requests: string;
  readonly within: string;
  readonly against?: string;
  readonly out?: string;
  readonly yes?: true;
  readonly json?: true;
};

const label = "BENCHMARK, not a real report";

/** `csrd bench`: how long a running platform takes, beside what the manual expects; the manual's `benchmark.py`. */
export function register(program: Command): void {
  withPlace(program.command("bench"))
    .description("measure how long a running platform takes, beside what the manual expects")
    .option("--iterations <number>", "reports, one after another", "3")
    .option("--requests <number>", "requests for each route, one after another", "100")
    .option("--within <time>", "longest time for all of it", "30m")
    .option("--against <file>", "compare with an earlier result (--json or --out)")
    .option("--out <file>", "keep the result in a file")
    .option("--yes", "send reports to production although no smokeApiKey is bound there")
    .option("--json", "the result as JSON instead of the table")
    .addHelpText(
      "after",
      "\nExit codes: 0 everything held · 1 could not be measured · 2 something was missed or is slower",
    )
    .action(run);
}

/** What is kept of a result. */
const Earlier = z.object({
  lines: z.array(
    z.object({
      what: z.string(),
      figures: z.object({ count: z.number(), median: z.number(), min: z.number(), max: z.number() }),
    }),
  ),
});

async function run(options: Options): Promise<void> {
  const [iterations, requests] = [
    wholeNumber("--iterations", options.iterations, 1, 100),
    wholeNumber("--requests", options.requests, 1, 10_000),
  ];
  const before = options.against === undefined ? undefined : earlier(options.against);
  const place = await placeOf(options);
  if (!place.forTrials && options.yes !== true && needsConsent(place))
    throw new CsrdError("load-refused", {
      summary: `${place.name} is production, and no key of a tenant for trials is bound there; ${iterations} reports were not sent.`,
      hint: "Bind a smokeApiKey in its environment file, or say --yes.",
    });
  const [{ bench }, { benchLines, compareLines }, { loadSample }] = await Promise.all([
    import("#platform/probe/bench.ts"),
    import("#platform/probe/bench-judge.ts"),
    import("#platform/probe/sample.ts"),
  ]);
  const stop = stopSignal(milliseconds(options.within));
  const say = (text: string): void => {
    if (options.json !== true) print(hang(terminal().screen, "", text, "muted"));
  };
  say(`${place.name}  ${place.url}`);
  const measured = await bench({
    at: { url: place.url, key: place.key, signal: stop.signal },
    sample: await loadSample("vesterlund-instrumenter", label),
    iterations,
    requests,
    onReport: (number, id, ms) => say(`report ${number} of ${iterations}  ${id}  ${formatMs(ms)}`),
    onRoute: (route, count) => say(`${count} × ${route}`),
  }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
    throw new CsrdError("csrd-interrupted", {
      summary:
        stop.why() === "asked" ? "Stopped before it was done." : `Not measured within ${options.within}.`,
      hint: "A report that was under way is taken back; what has ended stays under its label.",
    });
  });
  const lines = benchLines(measured);
  const changes = before === undefined ? [] : compareLines(lines, before);
  const result = {
    at: new Date().toISOString(),
    environment: place.name,
    tier: place.tier,
    sample: "vesterlund-instrumenter",
    lines,
    ...(before === undefined ? {} : { changes }),
  };
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(result, undefined, 2)}\n`);
  const wrong = [
    ...lines.filter(({ verdict }) => verdict === "missed"),
    ...changes.filter(({ verdict }) => verdict === "slower"),
  ].length;
  process.exitCode = wrong === 0 ? 0 : 2;
  if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else print(table(lines, changes));
}

const shapes = { held: "done", missed: "failed", unjudged: "unknown" } as const;
const words = { held: "held", missed: "MISSED", unjudged: "not judged" } as const;
const changeShapes = { same: "done", faster: "done", slower: "failed", unjudged: "unknown" } as const;

function table(lines: readonly BenchLine[], changes: readonly Change[]): readonly string[] {
  const { screen } = terminal();
  const under = " ".repeat(displayWidth(mark(screen, "done")));
  const shown = lines.flatMap(({ what, expected, verdict, says }) => [
    ...hang(screen, `${mark(screen, shapes[verdict])}${paint(screen, "strong", what)}  `, says),
    ...hang(screen, under, `expected ${expected}: ${words[verdict]}`, "muted"),
  ]);
  const compared = changes.flatMap(({ what, verdict, says }) =>
    hang(
      screen,
      `${mark(screen, changeShapes[verdict])}${paint(screen, "strong", what)}  `,
      `${verdict}: ${says}`,
    ),
  );
  const count = (verdict: BenchLine["verdict"]): number =>
    lines.filter((line) => line.verdict === verdict).length;
  return [
    "",
    ...shown,
    ...(compared.length === 0 ? [] : ["", paint(screen, "strong", "Beside the earlier result"), ...compared]),
    "",
    `${count("held")} held, ${count("missed")} missed, ${count("unjudged")} not judged${changes.length === 0 ? "" : `; ${changes.filter(({ verdict }) => verdict === "slower").length} slower than before`}.`,
  ];
}

function earlier(file: string): readonly EarlierLine[] {
  try {
    return Earlier.parse(JSON.parse(readFileSync(file, "utf8"))).lines;
  } catch (cause) {
    throw new CsrdError("csrd-usage", {
      summary: `${file} is not an earlier result of csrd bench.`,
      hint: "Keep one with: csrd bench --env <name> --out <file>",
      cause,
    });
  }
}
