import type { RunState } from "../fold.ts";
import { clean } from "./width.ts";

const bell = "\u0007";

/** For a terminal that nobody looks at: its bell, and a desktop notice (OSC 9) with the verdict or with what is waited for. */
export function noticeOf({ run, ended, runbook }: RunState): string {
  const text = clean(`${runbook} ${run}: ${ended?.verdict ?? "waits for people"}`, 200);
  return `${bell}\u001b]9;${text}${bell}`;
}
