import { decideAscii, decideColor, paint, plainly } from "#kit/render/palette.ts";
import { type Screen, usableColumns } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { hang, pad, withRight } from "#kit/render/width.ts";

/** Where the demo is shown: numbered acts, and lines that read like the toolkit's own. */
export type Stage = {
  readonly screen: Screen;
  /** What this is, once, before the first act. */
  title(title: string, about: string): void;
  /** Opens the next act. */
  act(title: string): void;
  /** A sentence, indented like everything in an act. */
  say(text: string): void;
  /** A line that begins with a state's shape; `right` stands at the right edge. */
  line(state: "done" | "failed" | "waiting" | "skipped", text: string, right?: string): void;
  /** The same with a label in a column of its own. */
  labelled(state: "done" | "failed", label: string, text: string, right: string): void;
  /** A command as a person would type it. */
  command(text: string): void;
  /** Text that was rendered elsewhere, as it is. */
  show(text: string): void;
};

/** A stage on this process's standard output. */
export function openStage(): Stage {
  const out = process.stdout;
  const screen: Screen = {
    columns: Math.min(usableColumns(out.columns), 100),
    rows: out.rows ?? 24,
    color: decideColor(undefined, process.env, out.isTTY).color,
    ascii: decideAscii(process.env),
    suffix: " --env sandbox",
  };
  let acts = 0;
  let fresh = false;
  const print = (lines: readonly string[]): void => {
    out.write(`${lines.join("\n")}\n`);
    fresh = false;
  };
  return {
    screen,
    title: (title, about) => print(["", paint(screen, "strong", title), ...hang(screen, "", about, "muted")]),
    act: (title) => {
      acts += 1;
      print(["", paint(screen, "strong", `${acts}  ${plainly(screen, title)}`), ""]);
      fresh = true;
    },
    say: (text) => print(hang(screen, "   ", text)),
    line: (state, text, right = "") =>
      print(withRight(screen, hang(screen, mark(screen, state), text), right)),
    labelled: (state, label, text, right) =>
      print(withRight(screen, hang(screen, mark(screen, state) + pad(label, 13), text), right)),
    command: (text) =>
      print([
        ...(fresh ? [] : [""]),
        `${paint(screen, "muted", "   $")} ${paint(screen, "command", text)}`,
        "",
      ]),
    show: (text) => print([text]),
  };
}
