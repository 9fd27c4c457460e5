import type { ChainVerdict } from "../journal.ts";
import type { Evidence } from "../postmortem/bundle.ts";
import { commandLines } from "./command.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang } from "./width.ts";

/** What was written, whether the record holds, and how to check both without this tool. */
export function evidenceLines(
  screen: Screen,
  { run, files, masked }: Evidence,
  { chain, lastHash }: { readonly chain: ChainVerdict; readonly lastHash: string },
  path: string,
): readonly string[] {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const shown = clean(path, 300);
  const isTar = path.toLowerCase().endsWith(".tar");
  const folder = isTar ? `evidence-${run}` : shown;
  return [
    ...hang(
      screen,
      mark(screen, "done"),
      `Written: ${shown}, ${files.length} files, ${Math.ceil(bytes / 1_000)} kB.`,
    ),
    ...hang(
      screen,
      mark(screen, chain.intact ? "done" : "failed"),
      chain.intact
        ? `The chain holds: ${chain.entries} entries, last hash ${lastHash}.`
        : `The chain does not hold: entry ${chain.seq}, ${clean(chain.why)}.`,
    ),
    ...(masked.length === 0
      ? []
      : hang(
          screen,
          mark(screen, "unknown"),
          `Masked on the way out: ${masked.length === 1 ? "entry" : "entries"} ${masked.join(", ")}. Their hashes cannot be recomputed from these files.`,
        )),
    "",
    "Check it anywhere, without this tool:",
    ...(isTar ? commandLines(screen, `tar xf ${shellPath(shown)}`) : []),
    ...commandLines(screen, `sh ${shellPath(`${folder}/verify.sh`)}`),
  ];
}

function shellPath(path: string): string {
  const plain = path.startsWith("-") ? `./${path}` : path;
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", String.raw`'\''`)}'`;
}
