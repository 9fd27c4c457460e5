import { decideAscii, decideColor } from "#kit/render/palette.ts";
import { versionLine } from "#kit/render/ndjson.ts";
import { shellWord } from "#kit/render/command.ts";
import { usableColumns, type Screen } from "#kit/render/screen.ts";
import { clean } from "#kit/render/width.ts";
import type { Wired } from "../wire.ts";
import type { Globals } from "./globals.ts";

/** How a run is shown: redrawn on a terminal, a line per event elsewhere, or the journal's own entries. */
type Mode = "live" | "lines" | "json";

/** What a command is handed: where to print, how, and everything else on demand. */
export type Door = {
  readonly globals: Globals;
  readonly mode: Mode;
  /** The screen as it is now; a terminal may be resized. */
  screen(): Screen;
  /** The answer, on standard output. */
  print(lines: readonly string[] | string): void;
  /** The story, on standard error. */
  tell(lines: readonly string[] | string): void;
  /** True when a person can be asked: both ends are terminals and line mode is not forced. */
  readonly canAsk: boolean;
  readonly isPiped: boolean;
  /** Adapters, environment, journal: imported and made when first asked for. */
  wired(): Promise<Wired>;
  /** The first line of a JSON stream; printed once, whoever comes first. */
  printVersion(): void;
  /** From here on the work matters more than the screen: a reader that goes away, or a lost terminal, does not end it. */
  goOnUnseen(): void;
  readonly goesOnUnseen: boolean;
  /** Remembers that something was changed or may have been, so that no error says otherwise. */
  acted(): void;
  readonly hasActed: boolean;
  close(): void;
};

/** Opens the door for one command. */
export function openDoor(globals: Globals): Door {
  const { env, stdout, stderr, stdin } = process;
  const terminal = stdout.isTTY && (stdout.columns === undefined || stdout.columns > 0);
  const decided = decideColor(globals.color, env, terminal);
  const lines =
    globals.plain ||
    !decided.redraw ||
    isSet(env["CI"]) ||
    env["OPS_ACCESSIBLE"] === "1" ||
    stdout.columns === 0;
  let wired: Promise<Wired> | undefined;
  let made: Wired | undefined;
  let acted = false;
  let unseen = false;
  let versioned = false;
  const write = (stream: NodeJS.WriteStream, text: readonly string[] | string) => {
    const whole = typeof text === "string" ? text : text.join("\n");
    stream.write(`${whole}\n`);
  };
  return {
    globals,
    mode: globals.json ? "json" : lines ? "lines" : "live",
    screen: () => ({
      columns: usableColumns(stdout.isTTY ? stdout.columns : columnsOf(env["COLUMNS"])),
      rows: stdout.rows ?? 24,
      color: decided.color && !(lines && globals.color !== "always"),
      ascii: decideAscii(env),
      suffix: `${flagged("--env", globals.env)}${flagged("--dir", globals.typedDir)}`,
    }),
    print: (text) => write(stdout, text),
    tell: (text) => write(stderr, text),
    canAsk: stdin.isTTY && stdout.isTTY,
    isPiped: !stdout.isTTY,
    async wired() {
      wired ??= import("../wire.ts").then(({ wire }) => {
        made = wire({ env: globals.env, as: globals.as, dir: globals.dir });
        return made;
      });
      return wired;
    },
    printVersion() {
      if (!versioned) write(stdout, versionLine());
      versioned = true;
    },
    goOnUnseen() {
      unseen = true;
      process.on("SIGHUP", () => undefined);
    },
    get goesOnUnseen() {
      return unseen;
    },
    acted() {
      acted = true;
    },
    get hasActed() {
      return acted;
    },
    close: () => made?.close(),
  };
}

function flagged(flag: string, value: string | undefined): string {
  return value === undefined ? "" : ` ${flag} ${shellWord(clean(value, 400))}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}

function columnsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}
