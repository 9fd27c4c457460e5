import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { document } from "#kit/render/ndjson.ts";
import { clean } from "#kit/render/width.ts";
import type { MakeCommand } from "./commands.ts";
import { didYouMean } from "./nearest.ts";
import { page } from "./pager.ts";

const pages = join(import.meta.dirname, "../../docs/errors");

/** `ops explain <code>`: the page of an error code. */
export const explainCommand: MakeCommand = async (door, end) =>
  new Command("explain")
    .description("What an error code means and what to do now.")
    .argument("<code>", "as an error prints it")
    .action((code: string) => {
      const file = join(pages, `${code}.md`);
      if (!/^[a-z][a-z0-9-]{0,60}$/.test(code) || !existsSync(file)) throw unknown(code);
      const text = readFileSync(file, "utf8").trimEnd();
      if (door.globals.json) door.print(document({ code, page: text }));
      else page(door, text.split("\n"));
      end(0);
    });

function unknown(code: string): OpsError {
  const known = readdirSync(pages).map((file) => basename(file, ".md"));
  return new OpsError("usage", {
    summary: `"${clean(code, 60)}" is no error code.`,
    hint: didYouMean(code, known) || "Codes are printed on the last lines of every error.",
  });
}
