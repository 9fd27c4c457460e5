const endOfText = "\u0003";
const suspend = "\u001a";

/**
 * Calls `leave` when q is pressed, or Ctrl-C, which a terminal that gives single keys no longer turns into a signal; Ctrl-Z still
 * suspends. Gives back what ends the listening and puts the terminal as it was. Without a terminal nothing is listened to.
 */
export function onLeaveKey(leave: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const hear = (keys: Buffer) => {
    const typed = keys.toString("utf8");
    if (typed.includes(suspend)) {
      stdin.setRawMode(false);
      process.once("SIGCONT", () => stdin.setRawMode(true));
      process.kill(process.pid, "SIGTSTP");
    }
    // What is pasted or an arrow's escape sequence is no q.
    if (typed === "q" || typed === "Q" || typed.includes(endOfText)) leave();
  };
  stdin.setRawMode(true);
  stdin.on("data", hear);
  return () => {
    stdin.off("data", hear);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
