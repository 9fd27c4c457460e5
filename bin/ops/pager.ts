import { spawnSync } from "node:child_process";
import { redactor } from "#adapters/redactor.ts";
import { childEnvironment } from "#kit/redact/child-environment.ts";
import type { Door } from "./door.ts";

/** Prints; on a terminal an answer longer than the window goes through the pager. Never used for something that is still running. */
export function page(door: Door, lines: readonly string[]): void {
  const rows = process.stdout.rows ?? 0;
  const command = process.env["OPS_PAGER"] ?? process.env["PAGER"] ?? "less";
  const wanted =
    process.stdout.isTTY &&
    process.stdin.isTTY &&
    door.globals.pager &&
    door.mode === "live" &&
    lines.length >= rows;
  const [program, ...args] = command.split(/\s+/).filter((word) => word !== "");
  if (!wanted || program === undefined || program === "cat") return door.print(lines);
  const { error } = spawnSync(program, args, {
    input: redactor.text(`${lines.join("\n")}\n`),
    stdio: ["pipe", "inherit", "inherit"],
    env: { LESS: "FRX", ...childEnvironment(process.env, ["LESS*", "MORE", "BAT_*"]) },
  });
  if (error !== undefined) door.print(lines);
}
