import { Command, Option } from "commander";
import { redactor } from "#adapters/redactor.ts";
import type { Postmortem } from "#kit/postmortem/facts.ts";
import { document } from "#kit/render/ndjson.ts";
import { tellPostmortem, type ToldPostmortem } from "#kit/render/postmortem.ts";
import { reportHtml } from "#kit/render/report-html.ts";
import { reportMarkdown } from "#kit/render/report-markdown.ts";
import { mark } from "#kit/render/states.ts";
import { hang } from "#kit/render/width.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { writeWhole } from "./out-file.ts";
import { page } from "./pager.ts";
import { beyondReading, mustVerify, recordOf } from "./record-of.ts";

type Format = "md" | "html" | "json";
type Options = { readonly out?: string; readonly format?: Format; readonly force?: boolean };

/** `ops postmortem <run>`: the facts of a run as a document, with its gaps marked. */
export const postmortemCommand: MakeCommand = async (door, end) =>
  new Command("postmortem")
    .description("A draft made of the record's facts alone. What the record cannot know is a marked gap.")
    .argument("<run>", "which run")
    .option("--out <file>", "write there instead; .html, .md or .json says the format")
    .addOption(new Option("--format <format>", "md, html or json").choices(["md", "html", "json"]))
    .option("--force", "replace a file that exists")
    .action((run: string, options: Options) => postmortem(door, end, run, options));

async function postmortem(door: Door, end: End, run: string, options: Options): Promise<void> {
  const { entries, chain } = await recordOf(door, run);
  const told = tellPostmortem(entries, chain);
  if (told === undefined) throw beyondReading(run, chain);
  const format = formatOf(door, options);
  const text = rendered(format, told);
  if (options.out === undefined) {
    if (format === "md" && !door.isPiped) page(door, text.trimEnd().split("\n"));
    else door.print(text.trimEnd());
  } else {
    writeWhole({ path: options.out, force: options.force === true }, redactor.text(text));
    report(door, told.facts, options.out);
  }
  mustVerify(run, chain);
  end(0);
}

function formatOf(door: Door, { out, format }: Options): Format {
  if (format !== undefined) return format;
  if (out === undefined) return door.globals.json ? "json" : "md";
  const ending = /\.(html?|md|markdown|json)$/i.exec(out)?.[1]?.toLowerCase();
  if (ending === undefined || ending.startsWith("m")) return "md";
  return ending.startsWith("h") ? "html" : "json";
}

function rendered(format: Format, { facts, report }: ToldPostmortem): string {
  if (format === "json") return `${document(facts)}\n`;
  return format === "html" ? reportHtml(report) : reportMarkdown(report);
}

function report(door: Door, facts: Postmortem, out: string) {
  const gaps = `${facts.gaps.length} ${facts.gaps.length === 1 ? "gap" : "gaps"} to fill in`;
  if (door.globals.json) return door.print(document({ run: facts.run, out, gaps: facts.gaps.length }));
  door.print(hang(door.screen(), mark(door.screen(), "done"), `Written: ${out}, ${gaps}.`));
}
