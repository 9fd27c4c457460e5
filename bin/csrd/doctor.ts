import type { Command } from "commander";
import { paint } from "#kit/render/palette.ts";
import type { Screen } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { clean, displayWidth, hang } from "#kit/render/width.ts";
import { type Finding, type Look, looksFor } from "./doctor-looks.ts";
import { type Options, withOptions } from "./options.ts";
import { duration } from "./progress.ts";
import { print, terminal } from "./terminal.ts";

/** `csrd doctor`: whether reports can be made here; looks only, and leaves nothing behind. */
export function register(program: Command): void {
  withOptions(program.command("doctor"), ["outputDir", "config", "json"])
    .description("say whether reports can be made here, and what to mend if not")
    .option("--redis-acl", "print the lines that make the platform's users in Redis, and nothing else")
    .addHelpText("after", "\nExit codes: 0 all well · 1 reports cannot be made here · 2 warnings")
    .action(doctor);
}

const shapes = { ok: "done", warn: "waiting", fail: "failed" } as const;

async function doctor(options: Options & { readonly redisAcl?: true }): Promise<void> {
  if (options.redisAcl === true) {
    print((await import("./redis-rights.ts")).redisAclLines());
    return;
  }
  const from = performance.now();
  const findings: Finding[] = [];
  const { screen } = terminal();
  for (const look of looksFor(options)) {
    const finding = await looked(look);
    findings.push(finding);
    if (options.json !== true) print(findingLines(screen, finding));
  }
  const count = (state: Finding["state"]): number => findings.filter((one) => one.state === state).length;
  const [failed, warned] = [count("fail"), count("warn")];
  process.exitCode = failed > 0 ? 1 : warned > 0 ? 2 : 0;
  const took = performance.now() - from;
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ findings, ok: count("ok"), warn: warned, fail: failed })}\n`);
  else
    print([
      "",
      ...hang(
        screen,
        "",
        `${failed > 0 ? "Reports cannot be made here" : warned > 0 ? "Reports can be made here, with warnings" : "Reports can be made here"}: ${count("ok")} ok, ${warned} to look at, ${failed} to mend (${duration(took)}).`,
      ),
    ]);
}

async function looked({ what, look }: Look): Promise<Finding> {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const hint = error instanceof Error && "hint" in error ? String(error.hint) : undefined;
    const summary = error instanceof Error && "summary" in error ? String(error.summary) : said;
    return { what, state: "fail", says: summary, remedy: hint ?? "Run again with CSRD_DEBUG=1." };
  }
}

function findingLines(screen: Screen, { what, state, says, remedy }: Finding): readonly string[] {
  // In a pipe the word alone is what scripts look for.
  const first = `${screen.ascii && !screen.color ? "" : mark(screen, shapes[state])}${state.padEnd(6)}`;
  return [
    ...hang(screen, first, `${what}: ${clean(says, 400)}`),
    ...(remedy === undefined
      ? []
      : hang(screen, " ".repeat(displayWidth(first)), clean(remedy, 300), "muted").map((line) =>
          state === "fail" ? paint(screen, "strong", line) : line,
        )),
  ];
}
