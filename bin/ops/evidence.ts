import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { Command } from "commander";
import { pack } from "tar-stream";
import { redactor } from "#adapters/redactor.ts";
import { evidenceOf, type Evidence, type EvidenceFile } from "#kit/postmortem/bundle.ts";
import { foldRun } from "#kit/fold.ts";
import { foundPage } from "#kit/render/found-page.ts";
import { evidenceLines } from "#kit/render/evidence.ts";
import { document } from "#kit/render/ndjson.ts";
import { tellPostmortem } from "#kit/render/postmortem.ts";
import { reportHtml } from "#kit/render/report-html.ts";
import { reportMarkdown } from "#kit/render/report-markdown.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { mustBeFree, writeFolderWhole, writeWhole } from "./out-file.ts";
import { mustVerify, recordOf } from "./record-of.ts";

type Options = { readonly out?: string; readonly force?: boolean };
type Record = Awaited<ReturnType<typeof recordOf>>;

/** `ops evidence <run>`: the record for an auditor, to be checked without this tool. */
export const evidenceCommand: MakeCommand = async (door, end) =>
  new Command("evidence")
    .description("Writes what an auditor needs to check a run's record without this tool.")
    .argument("<run>", "which run")
    .option("--out <path>", "a new folder, or a file that ends in .tar; else evidence-<run>.tar here")
    .option("--force", "replace what is there")
    .action((run: string, options: Options) => evidence(door, end, run, options));

async function evidence(door: Door, end: End, run: string, options: Options): Promise<void> {
  const record = await recordOf(door, run);
  const path = options.out ?? `evidence-${run}.tar`;
  const target = { path, force: options.force === true };
  mustBeFree(target);
  const made = evidenceOf(run, record, documentsOf(record), (text) => redactor.text(text));
  const files = made.files.map(({ name, text }) => ({ name, bytes: Buffer.from(text) }));
  const tar = path.toLowerCase().endsWith(".tar") ? await tarOf(run, record, files) : undefined;
  if (tar === undefined) writeFolderWhole(target, files);
  else writeWhole(target, tar);
  report(door, made, record, path, tar);
  mustVerify(run, record.chain);
  end(0);
}

/** What was found and the post-mortem go with it, for those who read before they compute. */
function documentsOf({ entries, chain }: Record): readonly EvidenceFile[] {
  const told = tellPostmortem(entries, chain);
  if (told === undefined) return [];
  const state = foldRun(entries);
  const found = state === undefined ? undefined : foundPage(state);
  return [
    ...(found === undefined ? [] : [{ name: "found.md", text: found }]),
    { name: "postmortem.md", text: reportMarkdown(told.report) },
    { name: "postmortem.html", text: reportHtml(told.report) },
  ];
}

/** A tar whose bytes depend on the record alone: the files' time is that of the last entry, their owner nobody. */
async function tarOf(
  run: string,
  { entries }: Record,
  files: readonly { readonly name: string; readonly bytes: Buffer }[],
): Promise<Buffer> {
  const mtime = new Date(entries.at(-1)?.at ?? 0);
  const tar = pack();
  for (const { name, bytes } of files)
    tar.entry(
      { name: `evidence-${run}/${name}`, mode: name.endsWith(".sh") ? 0o755 : 0o644, mtime, uid: 0, gid: 0 },
      bytes,
    );
  tar.finalize();
  return buffer(tar);
}

function report(door: Door, made: Evidence, { chain, entries }: Record, path: string, tar?: Buffer) {
  const { run, masked } = made;
  const files = made.files.map(({ name, sha256, bytes }) => ({ name, sha256, bytes }));
  const lastHash = entries.at(-1)?.hash;
  const sha256 = tar === undefined ? undefined : createHash("sha256").update(tar).digest("hex");
  if (door.globals.json)
    return door.print(document({ run, out: path, sha256, chain, lastHash, masked, files }));
  door.print([
    ...evidenceLines(door.screen(), made, { chain, lastHash: lastHash ?? "" }, path),
    ...(sha256 === undefined ? [] : ["", "The tar's own hash, to be kept elsewhere:", sha256]),
  ]);
}
