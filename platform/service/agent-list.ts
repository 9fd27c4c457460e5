import { readFileSync, statSync } from "node:fs";
import { messageOf } from "./error-facts.ts";
import { type AgentUrls, agentUrlsIn } from "./settings/queue.ts";

/** Where the list of agents stands. */
export type AgentListSettings = {
  readonly CSRD_AGENT_URLS: AgentUrls;
  readonly CSRD_AGENT_URLS_FILE?: string | undefined;
};

/** Between two looks at the file. */
const everyMs = 1_000;

/**
 * Where the agents are now. A file is read again when it changed, so that instances can come and go under a running process; an
 * agent that it does not name is where the environment says, and a file that cannot be read leaves the list as it was, which is told once.
 */
export function agentList(
  { CSRD_AGENT_URLS: fixed, CSRD_AGENT_URLS_FILE: file }: AgentListSettings,
  onFault: (message: string) => void,
): () => AgentUrls {
  if (file === undefined) return () => fixed;
  let urls = fixed;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let seen = "";
  let told = "";
  return () => {
    if (performance.now() - lookedAt < everyMs) return urls;
    lookedAt = performance.now();
    try {
      const { mtimeMs, size, ino } = statSync(file);
      const now = `${mtimeMs} ${size} ${ino}`;
      if (now === seen) return urls;
      const read = agentUrlsIn(readFileSync(file, "utf8"));
      if (read === undefined) throw new Error("an entry is not like intake=http://host:8001");
      urls = { ...fixed, ...read };
      seen = now;
      told = "";
    } catch (error) {
      const message = messageOf(error);
      if (message !== told) onFault(message);
      told = message;
    }
    return urls;
  };
}
