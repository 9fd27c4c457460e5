import type { Command } from "commander";
import { isDuration, toMs } from "#kit/duration.ts";
import { paint } from "#kit/render/palette.ts";
import { mark } from "#kit/render/states.ts";
import { clean, displayWidth, hang, withRight } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import type { Checked } from "#platform/probe/smoke.ts";
import {
  needsConsent,
  type Place,
  placeOf,
  type PlaceOptions,
  stopSignal,
  withPlace,
} from "./probe-place.ts";
import { duration } from "./progress.ts";
import { print, terminal } from "./terminal.ts";

type Options = PlaceOptions & {
  readonly within: string;
  readonly readOnly?: true;
  readonly yes?: true;
  readonly json?: true;
};

/** What the trial report's company is called, before its own name. */
const label = "SMOKE TEST, not a real report";

/** `csrd smoke`: whether a running platform does its work, from its probes to a finished report; the manual's `run_tests.py --quick`. */
export function register(program: Command): void {
  withPlace(program.command("smoke"))
    .description("check that a running platform does its work: probes, refusals, and one trial report")
    .option("--within <time>", "longest time for all of it", "2m")
    .option("--read-only", "send no trial report")
    .option("--yes", "send the trial report to production although no smokeApiKey is bound there")
    .option("--json", "one JSON object instead of the checklist")
    .addHelpText(
      "after",
      `\nThe trial report is a made-up company's, called "${label}: …", and stays under the key's tenant.` +
        "\nExit codes: 0 every check passed or was left out for a reason shown · 1 a check failed",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const withinMs = milliseconds(options.within);
  const place = await placeOf(options);
  const [{ smoke }, { loadSample }] = await Promise.all([
    import("#platform/probe/smoke.ts"),
    import("#platform/probe/sample.ts"),
  ]);
  const stop = stopSignal(withinMs);
  const from = performance.now();
  const notSent = reasonNotToSend(place, options);
  if (options.json !== true) print([`${place.name}  ${place.url}`, ""]);
  const list: Checked[] = [];
  const onChecked = (checked: Checked): void => {
    list.push(checked);
    if (options.json !== true) print(line(checked));
  };
  let taken = "";
  const cut = await smoke({
    at: { url: place.url, key: place.key, signal: stop.signal },
    otherKey: place.otherKey,
    probeToken: place.probeToken,
    sample:
      notSent === undefined ? { of: await loadSample("vesterlund-instrumenter", label), label } : { notSent },
    onChecked,
    onTakenBack: (id, done) => {
      taken = done
        ? ` The trial report ${id} is taken back.`
        : ` The trial report ${id} could not be taken back.`;
    },
  }).then(
    () => undefined,
    (error: unknown) => {
      if (!stop.signal.aborted) throw error;
      return stop.why() === "asked" ? "Stopped before it was done." : `Not done within ${options.within}.`;
    },
  );
  end(list, {
    cut: cut === undefined ? (taken === "" ? undefined : taken.trim()) : `${cut}${taken}`,
    ms: performance.now() - from,
    json: options.json === true,
    place,
  });
}

function end(
  list: readonly Checked[],
  { cut, ms, json, place }: { cut: string | undefined; ms: number; json: boolean; place: Place },
): void {
  const count = (state: Checked["state"]): number => list.filter((one) => one.state === state).length;
  const ok = cut === undefined && count("failed") === 0;
  process.exitCode = ok ? 0 : 1;
  if (json) {
    const { name, url, tier } = place;
    const checks = list.map((one) => ({ ...one, ms: Math.round(one.ms) }));
    process.stdout.write(
      `${JSON.stringify({ environment: name, url, tier, passed: ok, ...(cut === undefined ? {} : { stopped: cut }), ms: Math.round(ms), checks })}\n`,
    );
    return;
  }
  const { screen } = terminal();
  const sum = `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} left out, in ${duration(ms)}.`;
  const verdict = cut ?? (ok ? `${place.name} does its work.` : `${place.name} does not do its work.`);
  print([
    "",
    ...hang(screen, mark(screen, ok ? "done" : "failed"), `${verdict} ${sum}`).map((text) =>
      paint(screen, "strong", text),
    ),
  ]);
}

const shapes = { passed: "done", failed: "failed", skipped: "skipped" } as const;

function line({ state, title, says, ms }: Checked): readonly string[] {
  const { screen } = terminal();
  const first = mark(screen, shapes[state]);
  const name = hang(screen, first, title);
  return [
    ...withRight(screen, name, state === "skipped" ? "left out" : duration(ms)),
    ...hang(
      screen,
      " ".repeat(displayWidth(first)),
      clean(says, 400),
      state === "failed" ? "strong" : "muted",
    ),
  ];
}

/** Why no report is sent there; undefined where it is. */
function reasonNotToSend(place: Place, { readOnly, yes }: Options): string | undefined {
  if (readOnly === true) return "asked to send none (--read-only)";
  if (place.forTrials || yes === true || !needsConsent(place)) return undefined;
  return place.tier === "production"
    ? "production: bind a smokeApiKey of a tenant that is there for trials, or say --yes"
    : "nobody said what this address is: say --yes, or name its environment with --env";
}

/** A duration from the command line; throws `csrd-usage`. */
export function milliseconds(text: string): number {
  if (isDuration(text) && toMs(text) > 0) return toMs(text);
  throw new CsrdError("csrd-usage", {
    summary: `"${clean(text, 40)}" is not a length of time.`,
    hint: 'Write a number and a unit: "30s", "5m".',
  });
}
