import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { Command, Option } from "commander";
import { unitLineJson, unitLineText, unitsOf } from "#kit/render/log-lines.ts";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { End } from "./commands.ts";
import type { Door } from "./door.ts";
import { type LineFlags, linesAsked, withLineFlags } from "./log-lines.ts";
import { mustBeFree, writeWhole } from "./out-file.ts";

type ExportFlags = LineFlags & { readonly format?: "ndjson" | "text"; readonly force?: boolean };

/** `ops logs export <file>`: lines of every unit in one file, for whoever looks at them later. */
export function logExportCommand(door: Door, end: End): Command {
  return withLineFlags(
    new Command("export")
      .description("lines of every unit into a file, oldest first; packed when its name ends in .gz")
      .argument("<file>", "a new file: incident.ndjson, incident.txt, incident.ndjson.gz"),
    { since: "1h", limit: 100_000, within: "2m" },
  )
    .option("--contains <text>", "lines that hold this text; plain text, whatever its case")
    .addOption(
      new Option("--format <format>", "ndjson or text; else by the file's name").choices(["ndjson", "text"]),
    )
    .option("--force", "replace a file that exists")
    .action((file: string, flags: ExportFlags) => exportLines(door, end, file, flags));
}

async function exportLines(door: Door, end: End, path: string, flags: ExportFlags): Promise<void> {
  const target = { path, force: flags.force === true };
  mustBeFree(target);
  const { logs, services, everyone, question } = await linesAsked(door, flags);
  const { lines, incomplete, more } = await logs.lines(services, question, everyone);
  const isPacked = /\.gz$/i.test(path);
  const format = flags.format ?? (/\.(txt|log)(\.gz)?$/i.test(path) ? "text" : "ndjson");
  const line = format === "text" ? unitLineText : unitLineJson;
  const text = lines.map((one) => `${line(one)}\n`).join("");
  const bytes = isPacked ? gzipSync(text) : Buffer.from(text);
  writeWhole(target, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const missing =
    incomplete ?? (more ? `only the newest ${question.limit} lines are in it; raise --limit` : undefined);
  const units = unitsOf(lines);
  const from = question.from.toISOString();
  const until = question.until.toISOString();
  const told = { file: path, format, lines: lines.length, units, bytes: bytes.length, sha256, from, until };
  if (door.globals.json)
    door.print(
      document({
        ...told,
        complete: missing === undefined,
        ...(missing === undefined ? {} : { incomplete: missing }),
      }),
    );
  else {
    const screen = door.screen();
    const sum = `${clean(path, 200)}: ${lines.length} ${lines.length === 1 ? "line" : "lines"} of ${units.length} ${units.length === 1 ? "unit" : "units"}, ${bytes.length} bytes.`;
    door.print([
      ...hang(
        screen,
        mark(screen, missing === undefined ? "done" : "unknown"),
        missing === undefined ? `Written: ${sum}` : `Written, but incomplete: ${clean(missing, 300)}. ${sum}`,
      ),
      `${sha256}  ${clean(path, 200)}`,
    ]);
  }
  end(missing === undefined ? 0 : 3);
}
