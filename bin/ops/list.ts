import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import type { BrokenDefinition } from "#kit/registry.ts";
import { brokenFacts, brokenLines, brokenTsv } from "#kit/render/broken.ts";
import { listTsv, renderList, searchRunbooks, searchWords } from "#kit/render/list.ts";
import { document } from "#kit/render/ndjson.ts";
import { clean } from "#kit/render/width.ts";
import { definitionsOf } from "../definitions.ts";
import type { MakeCommand } from "./commands.ts";
import { didYouMean } from "./nearest.ts";
import { environmentOr, knownReadiness } from "./readiness.ts";

/** `ops list [words]`: from what you see to the runbook. */
export const listCommand: MakeCommand = async (door, end) =>
  new Command("list")
    .description("Runbooks, or those whose title, symptoms, alerts or manual paragraph hold every word.")
    .argument("[words...]", "what you see: 502 unreachable")
    .option("--all", "every runbook; the same as no words")
    .action(async (words: readonly string[]) => {
      // Without the wiring: a list opens no journal and loads no adapter, and has a quarter of a second.
      const { runbooks, broken: allBroken } = await definitionsOf(door.globals.dir);
      const { found, unknown } = searchRunbooks(runbooks, words);
      const broken = brokenWith(allBroken, words);
      if (found.length === 0 && broken.length === 0)
        throw nothingFound(words, unknown, searchWords(runbooks));
      const place = environmentOr(door.globals.env);
      const listed = found.map((runbook) => ({ runbook, ...knownReadiness(runbook, place) }));
      if (door.globals.json)
        door.print(
          document({
            runbooks: listed.map(
              ({
                runbook: { id, title, summary, severity, symptoms, trigger },
                readiness,
                checked,
                drill,
              }) => ({
                id,
                title,
                summary,
                severity,
                symptoms,
                alerts: trigger.map(({ name }) => name),
                readiness,
                checked,
                drill,
              }),
            ),
            broken: brokenFacts(broken),
          }),
        );
      else if (door.isPiped) door.print([...listTsv(listed, door.globals.header), ...brokenTsv(broken)]);
      else
        door.print([
          ...(broken.length === 0 ? [] : [...brokenLines(door.screen(), broken), ""]),
          ...renderList(door.screen(), listed),
        ]);
      end(0);
    });

/** Broken definitions are found by their id and file; what else they would say is not known. */
function brokenWith(
  broken: readonly BrokenDefinition[],
  words: readonly string[],
): readonly BrokenDefinition[] {
  const wanted = words.flatMap((word) => word.toLowerCase().split(/\s+/));
  return broken.filter(({ id, file }) =>
    wanted.every((word) => `${id} ${file}`.toLowerCase().includes(word)),
  );
}

function nothingFound(
  words: readonly string[],
  unknown: readonly string[],
  known: readonly string[],
): OpsError {
  const typed = clean(words.join(" "), 80);
  const [strange] = unknown;
  const near = strange === undefined ? "" : didYouMean(strange, known);
  return new OpsError("runbook-unknown", {
    summary: `No runbook matches "${typed}".`,
    hint: near === "" ? "Try fewer words, or see all: ops list" : `${near} See all: ops list`,
  });
}
