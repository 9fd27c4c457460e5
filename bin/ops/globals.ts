import type { ColorFlag } from "#kit/render/palette.ts";

/** Flags that every command takes, before or after its name. */
export type Globals = {
  readonly json: boolean;
  readonly env: string | undefined;
  readonly as: string | undefined;
  /** A team's own folder of definitions: --dir, else OPS_DIR. */
  readonly dir: string | undefined;
  /** The same when it was typed, so that commands to copy name it too. */
  readonly typedDir: string | undefined;
  readonly color: ColorFlag;
  readonly plain: boolean;
  readonly header: boolean;
  readonly pager: boolean;
  readonly quiet: boolean;
  readonly notify: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
};

/** The flags with their lines in the help. */
export const globalFlags: readonly { readonly flags: string; readonly about: string }[] = [
  { flags: "--env <name>", about: "environment to work in, else OPS_ENV, else the only one there is" },
  { flags: "--as <name>", about: "be a made-up colleague; in the sandbox only" },
  { flags: "--dir <folder>", about: "also a team's own runbooks, checks and alerts; else OPS_DIR" },
  { flags: "--json", about: "one JSON document, or one line per event for runs" },
  { flags: "--plain", about: "line mode: one plain line per event, nothing redrawn" },
  { flags: "--color <when>", about: "always, never or auto" },
  { flags: "--no-header", about: "no header line in piped tables" },
  { flags: "--no-pager", about: "never page long answers" },
  { flags: "--notify", about: "bell and desktop notice when a run ends or waits" },
  { flags: "-q, --quiet", about: "the verdict only" },
  { flags: "-v, --verbose", about: "also what scripts know: exit statuses, timings" },
  { flags: "--debug", about: "the stack of a failure" },
];

/**
 * The global flags of a command line, read before commander does: errors need them too. A word that is the value of another
 * flag is not mistaken for one of these, because values follow their flag directly and these stand alone or take the next word.
 */
export function globalsOf(argv: readonly string[]): Globals {
  const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const has = (...names: readonly string[]) => words.some((word) => names.includes(word));
  const valueOf = (name: string) => {
    const joined = words.find((word) => word.startsWith(`${name}=`));
    if (joined !== undefined) return joined.slice(name.length + 1);
    const at = words.indexOf(name);
    return at < 0 ? undefined : words[at + 1];
  };
  const color = valueOf("--color");
  const typedDir = valueOf("--dir");
  const standing = process.env["OPS_DIR"];
  return {
    json: has("--json"),
    env: valueOf("--env"),
    as: valueOf("--as"),
    dir: typedDir ?? (standing === "" ? undefined : standing),
    typedDir,
    color: color === "always" || color === "never" || color === "auto" ? color : undefined,
    plain: has("--plain"),
    header: !has("--no-header"),
    pager: !has("--no-pager"),
    quiet: has("-q", "--quiet"),
    notify: has("--notify"),
    verbose: has("-v", "--verbose"),
    debug: has("--debug"),
  };
}

/** What bare `ops` was given. */
export type Bare = { readonly look: boolean | undefined };

/** Set when the words are global flags only, so that `ops` alone is meant and no command's machinery is needed; undefined for everything else. */
export function bareOf(argv: readonly string[]): Bare | undefined {
  let look: boolean | undefined;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (word === "--look" || word === "--no-look") look = word === "--look";
    else if (word === "--color" && !/^(always|never|auto)$/.test(argv[at + 1] ?? "")) return undefined;
    else {
      const flag = globalFlags.find(({ flags }) => flags.split(/,? /).includes(word))?.flags;
      if (flag === undefined) return undefined;
      const takesValue = flag.includes("<");
      if (takesValue && argv[at + 1] === undefined) return undefined;
      if (takesValue) at += 1;
    }
  }
  return { look };
}
