import { connect } from "node:net";
import type { DataServers } from "./data-servers.ts";
import { startOf } from "./keeper.ts";
import type { Machine } from "./machine.ts";
import { firewallGroups, newInstanceId } from "./names.ts";

const bootDelayMs = 1_000;

/** The machine on which Redis runs, as the cloud sees it: a reboot ends the server and starts it again with its data. */
export function redisMachine({ redis, revive }: Pick<DataServers, "redis" | "revive">): Machine {
  let rebooting: Promise<void> | undefined;
  let launchedAt = new Date();
  let over = false;
  const program = { args: ["redis-server"], env: {} };
  const tags = { "csrd:service": "redis" };
  const reboot = async (): Promise<void> => {
    if (redis().alive()) await redis().stop();
    await new Promise((resolve) => setTimeout(resolve, bootDelayMs));
    if (over) return;
    await revive();
    launchedAt = new Date();
  };
  const alive = () => redis().alive();
  return {
    id: newInstanceId(),
    name: "redis-1",
    port: redis().port,
    firewallGroups: [firewallGroups.internal],
    log: redis().log,
    state: () => (rebooting !== undefined ? "booting" : alive() ? "up" : "dead"),
    pid: () => (alive() ? redis().pid : undefined),
    started: () => (alive() ? startOf(redis().pid) : undefined),
    launchedAt: () => launchedAt,
    tags: () => tags,
    setTags: () => undefined,
    initial: { program, tags },
    program: () => program,
    setProgram: () => undefined,
    reboot: () => {
      rebooting ??= reboot()
        .catch(() => undefined)
        .finally(() => void (rebooting = undefined));
    },
    signal: (name) => alive() && process.kill(redis().pid, name),
    answers: () => (alive() ? takesConnections(redis().port) : Promise.resolve(false)),
    stop: async () => {
      over = true;
      await rebooting;
    },
  };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
