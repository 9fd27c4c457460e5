import { OpsError } from "#kit/errors.ts";
import type { Instance } from "#kit/ports.ts";
import type {
  DatabaseAddress,
  DatabaseServer,
  FailoverAdmin,
  ReplicationReader,
} from "#kit/ports/replication.ts";
import type { Room } from "./room.ts";

/** One server of the fake world's database, with its machine. */
export type FakeServer = { -readonly [Key in keyof DatabaseServer]: DatabaseServer[Key] } & {
  /**
   * up: answers by its role; dead: no process, and a reboot brings it back; corrupt: no process, and no reboot brings it back; broken: its
   * machine is impaired; booting: back at `backAt`; recovering: it lets nobody in yet; stopping and stopped: its machine; unknown: the cloud
   * does not say how its machine is.
   */
  mood: "up" | "dead" | "corrupt" | "broken" | "booting" | "recovering" | "stopping" | "stopped" | "unknown";
  backAt: number;
};

/** The platform's database in the fake world: a primary db-1, a replica db-2 that follows it. */
export type FakeReplication = {
  servers: FakeServer[];
  leadsTo: string | undefined;
  movable: boolean;
  /** What the address says instead, while the server behind it is up. */
  says: "full" | "no-connections" | "silent" | undefined;
};

/** The system identifier of the fake world's database. */
export const fakeSystemId = "7312345678901234567";

/** A server as it is when all is well. */
export function fakeServer(name: string, role: "primary" | "replica"): FakeServer {
  return {
    name,
    machine: `i-0d${name.slice(-1)}`,
    role,
    reason: undefined,
    systemId: fakeSystemId,
    timeline: 3,
    position: 50_331_648,
    unapplied: role === "replica" ? 0 : undefined,
    following: role === "replica",
    slots: role === "primary" ? [{ name: "db_2", active: true, keptBytes: 0 }] : [],
    mood: "up",
    backAt: 0,
  };
}

/** A primary and a replica, and nothing the matter. */
export function calmReplication(): FakeReplication {
  return {
    servers: [fakeServer("db-1", "primary"), fakeServer("db-2", "replica")],
    leadsTo: "db-1",
    movable: true,
    says: undefined,
  };
}

const reasons = {
  full: "could not extend file: No space left on device",
  "no-connections": "too many connections for role csrd_app",
} as const;

/** The part of the world that keeps the platform's data. */
export function replicationPart(fake: FakeReplication, { clock, act }: Room, bootMs: number) {
  const settle = (): void => {
    for (const server of fake.servers) {
      if (clock.now().getTime() < server.backAt) continue;
      if (server.mood === "booting") server.mood = "up";
      if (server.mood === "stopping") server.mood = "stopped";
    }
  };
  const named = (name: string): FakeServer => {
    const server = fake.servers.find((one) => one.name === name);
    if (server !== undefined) return server;
    throw new OpsError("tool-refused", { summary: `There is no server ${name}.`, hint: "Look again." });
  };
  const ofMachine = (id: string) => fake.servers.find(({ machine }) => machine === id);
  const address = (): DatabaseAddress => {
    settle();
    const server = fake.servers.find(({ name }) => name === fake.leadsTo);
    if (server?.mood === "recovering")
      return { state: "starting", systemId: undefined, reason: "the database system is starting up" };
    if (server?.mood !== "up" || fake.says === "silent")
      return { state: "silent", systemId: undefined, reason: "connection refused" };
    const { systemId } = server;
    if (fake.says !== undefined) return { state: fake.says, systemId: undefined, reason: reasons[fake.says] };
    if (server.role === "replica") return { state: "reads-only", systemId, reason: "it is a standby" };
    return { state: "takes-writes", systemId, reason: undefined };
  };
  const reader: ReplicationReader = {
    address: async () => address(),
    async look() {
      settle();
      return {
        address: address(),
        leadsTo: fake.leadsTo,
        movable: fake.movable,
        systemId: fakeSystemId,
        servers: fake.servers.map(seen),
      };
    },
  };
  const admin: FailoverAdmin = {
    async fence(name) {
      const server = named(name);
      if (server.mood === "stopped" || server.mood === "stopping") return;
      act(`stop ${server.machine ?? "?"}`, () => {
        server.mood = "stopping";
        server.backAt = clock.now().getTime() + bootMs;
      });
    },
    async promote(name, systemId) {
      const server = named(name);
      if (server.systemId !== systemId)
        throw new OpsError("tool-refused", { summary: `${name} holds other data.`, hint: "Look again." });
      if (server.role === "primary") return;
      act(`promote ${name}`, () => {
        server.role = "primary";
        server.timeline = (server.timeline ?? 0) + 1;
        server.following = false;
        server.unapplied = undefined;
      });
    },
    async moveAddress(to) {
      if (fake.leadsTo === named(to).name) return;
      act(`address to ${to}`, () => void (fake.leadsTo = to));
    },
  };
  return {
    reader,
    admin,
    takesWrites: () => address().state === "takes-writes",
    /** True for the machine of one of the servers while nobody on it would answer. */
    isAway(id: string): boolean {
      settle();
      const mood = ofMachine(id)?.mood;
      return mood !== undefined && ["broken", "booting", "stopping", "stopped", "unknown"].includes(mood);
    },
    /** The machine of one of the servers, as the cloud describes it; undefined for any other. */
    instance(id: string): Instance | undefined {
      settle();
      const server = ofMachine(id);
      return server === undefined ? undefined : machineOf(server, id);
    },
    /** Reboots the machine of one of the servers; false for any other. */
    reboot(id: string): boolean {
      const server = ofMachine(id);
      if (server === undefined) return false;
      act(`reboot ${server.name}`, () => {
        if (server.mood !== "dead" && server.mood !== "up") return;
        server.mood = "booting";
        server.backAt = clock.now().getTime() + bootMs;
      });
      return true;
    },
  };
}

function seen({ mood, backAt: _backAt, ...server }: FakeServer): DatabaseServer {
  if (mood === "up") return server;
  const unheard = { systemId: undefined, timeline: undefined, position: undefined, unapplied: undefined };
  const rest = { ...server, ...unheard, following: false, slots: [] };
  if (mood === "recovering")
    return { ...rest, role: "refuses", reason: "the database system is starting up" };
  return { ...rest, role: "silent", reason: "connection refused" };
}

function machineOf({ name, mood }: FakeServer, id: string): Instance {
  if (mood === "unknown")
    throw new OpsError("tool-unreachable", { summary: "The cloud did not answer in 5 s.", hint: "Look." });
  if (mood === "stopping" || mood === "stopped") return { id, name, state: mood, check: "not-applicable" };
  const check = mood === "broken" ? "impaired" : mood === "booting" ? "initializing" : "ok";
  return { id, name, state: "running", check };
}
