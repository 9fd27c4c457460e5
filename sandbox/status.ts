import { memoryOf } from "./keeper.ts";
import type { Machine } from "./machine.ts";
import { isApi } from "./machines.ts";
import type { Production } from "./production.ts";
import { statusOf } from "./readiness.ts";
import type { StatusRow } from "./status-row.ts";

/** Looks at every part of the practice production now. */
export async function statusRows(production: Production): Promise<readonly StatusRow[]> {
  const { balancer, prometheus, groups } = production;
  const postgres = production.data.postgres();
  const redis = production.data.redis();
  const targets = balancer.targets(groups[0]);
  const healthy = targets.filter(({ state }) => state === "healthy").length;
  const seen = (machine: Machine) =>
    targets.find(({ instance }) => instance === machine.id)?.state ?? "unused";
  const rows: readonly StatusRow[] = [
    {
      name: "load balancer",
      inside: true,
      state: healthy === targets.length ? "done" : "failed",
      health: `${healthy} of ${targets.length} targets healthy`,
      pid: process.pid,
      port: balancer.port,
    },
    ...(await Promise.all(
      production.machines.map((machine) => rowOf(machine, isApi(machine) ? seen(machine) : undefined)),
    )),
    serverRow("postgresql", postgres),
    serverRow("redis", redis),
    ...(prometheus === undefined ? [] : [serverRow("prometheus", prometheus)]),
  ];
  return rows.map(withMemory);
}

async function rowOf(machine: Machine, balancerSays: string | undefined): Promise<StatusRow> {
  const place = { name: machine.name, port: machine.port };
  const pid = machine.pid();
  if (machine.state() === "booting") return { ...place, state: "waiting", health: "rebooting" };
  if (pid === undefined) return { ...place, state: "failed", health: "process is gone" };
  const status = await statusOf(machine.port);
  const answer = status === undefined ? "no answer" : status === 200 ? "ready" : `/readyz says ${status}`;
  return {
    ...place,
    pid,
    state: status === 200 && (balancerSays ?? "healthy") === "healthy" ? "done" : "failed",
    health: balancerSays === undefined ? answer : `${answer}, balancer says ${balancerSays}`,
  };
}

function serverRow(name: string, server: { pid: number; port: number; alive(): boolean }): StatusRow {
  return server.alive()
    ? { name, state: "done", health: "running", pid: server.pid, port: server.port }
    : { name, state: "failed", health: "process is gone", port: server.port };
}

function withMemory(row: StatusRow): StatusRow {
  const memoryMiB = row.pid === undefined ? undefined : memoryOf(row.pid);
  return memoryMiB === undefined ? row : { ...row, memoryMiB };
}
