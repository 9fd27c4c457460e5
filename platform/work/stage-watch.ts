import { Socket } from "node:net";
import { workerData } from "node:worker_threads";
import type { ProfiledProcess, ProfileOrder } from "../profiling/profile-order.ts";

/** What whoever starts the thread hands it: its parent's process, and the file descriptor of the line to the service. */
type WatchData = { readonly parent: number; readonly line: number };

/**
 * A thread beside a stage that hears while the stage computes: it ends the process when its parent is gone, and takes its profile when the
 * service asks on the line that both share. An order and an answer are a line of JSON each; an empty line says that it could not be done.
 */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the stage's process alone starts this
const { parent, line } = workerData as WatchData;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
}, 500);

const service = new Socket({ fd: line, readable: true, writable: true });
service.on("error", () => undefined);
let heard = "";
service.setEncoding("utf8").on("data", (text: string) => {
  heard += text;
  const lines = heard.split("\n");
  heard = lines.pop() ?? "";
  for (const order of lines)
    void profileOfStage(order)
      .catch(() => "")
      .then((answer) => service.write(`${answer}\n`));
});

async function profileOfStage(text: string): Promise<string> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the service alone has the other end, and has checked it
  const { kind, seconds } = JSON.parse(text) as ProfileOrder;
  // What only a profile needs is loaded for one.
  const { Session } = await import("node:inspector/promises");
  const { takeProfile } = await import("../profiling/profile.ts");
  const session = new Session();
  session.connectToMainThread();
  try {
    const taken = await takeProfile(session, kind, seconds * 1_000);
    return JSON.stringify({ what: "stage", pid: process.pid, ...taken } satisfies ProfiledProcess);
  } finally {
    session.disconnect();
  }
}
