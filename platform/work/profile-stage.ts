import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import { largestProfile, type ProfiledProcess, type ProfileOrder } from "../profiling/profile-order.ts";
import { profileLine } from "./stage-messages.ts";

/** How much longer than the profile itself its answer may take. */
const spareMs = 5_000;

/** Asks a stage's watch for a profile of the stage; undefined when the stage ended, or its watch does not answer in time. */
export function profileStage(child: ChildProcess, order: ProfileOrder): Promise<ProfiledProcess | undefined> {
  const line = child.stdio[profileLine];
  if (!(line instanceof Socket)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    let heard = "";
    const end = (answer: ProfiledProcess | undefined): void => {
      clearTimeout(late);
      line.off("data", hear);
      child.off("exit", gone);
      resolve(answer);
    };
    const gone = (): void => end(undefined);
    const hear = (text: string): void => {
      heard += text;
      if (heard.length > largestProfile) end(undefined);
      else if (heard.endsWith("\n")) end(parsed(heard));
    };
    const late = setTimeout(gone, order.seconds * 1_000 + spareMs);
    line.setEncoding("utf8").on("data", hear);
    child.once("exit", gone);
    line.write(`${JSON.stringify(order)}\n`);
  });
}

function parsed(text: string): ProfiledProcess | undefined {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own watch says it
    return JSON.parse(text) as ProfiledProcess;
  } catch {
    return undefined;
  }
}
