import type { PlatformBinding } from "#platform/probe/binding.ts";
import { redisAclRules } from "#platform/service/redis-acl.ts";
import { redisPrefixes, reportQueue } from "#platform/contract.ts";
import { addressOf, type As } from "./places.ts";

/** Tables of the platform that looking at its queue and switches reads. */
const looked = ["reports", "report_events", "dead_letters", "queue_control", "switches", "running_versions"];

/** What acting on them writes; nothing can be deleted, and the audit log can only be added to. */
const written: Readonly<Record<string, string>> = {
  reports: "update",
  report_events: "insert",
  dead_letters: "update",
  queue_control: "update",
  switches: "insert, update",
  audit_log: "insert (actor, tenant, action, subject, request_id, detail)",
};

/** SQL for the owner of the platform's tables: the least that the two roles need for its queue and switches. May be run again. */
export async function platformGrants(binding: PlatformBinding): Promise<string> {
  const [read, act] = await Promise.all([
    userOf(binding, "database", "read", "csrd_ops_read"),
    userOf(binding, "database", "act", "csrd_ops_act"),
  ]);
  const both = `${identifier(read)}, ${identifier(act)}`;
  return [
    "-- To be run by the owner of the platform's tables. The roles exist already, with passwords, and own nothing.",
    `grant usage on schema public to ${both};`,
    `grant select on ${looked.join(", ")} to ${both};`,
    ...Object.entries(written).map(([table, rights]) => `grant ${rights} on ${table} to ${identifier(act)};`),
    `grant usage on all sequences in schema public to ${identifier(act)};`,
  ].join("\n");
}

/** What looking at the platform's Redis needs: how it is, what the switches say, how many reports go at once. Not one right to write. */
function readRules(): readonly string[] {
  return [
    "reset",
    "on",
    "-@all",
    `%R~${redisPrefixes.queue}${reportQueue.name}:meta`,
    `%R~${redisPrefixes.switches}*`,
    ...["auth", "hello", "ping", "quit", "info", "client|setname", "hget", "hgetall"].map(
      (command) => `+${command}`,
    ),
  ];
}

/** ACL rules of the two users, as words of `ACL SETUSER`; the password is not among them. */
export function platformRedisRules(as: As): readonly string[] {
  return as === "read" ? readRules() : redisAclRules(["queue"]);
}

/** The two lines that an administrator types into `redis-cli`; `>PASSWORD` stands where the password goes. */
export async function platformRedisLines(binding: PlatformBinding): Promise<string> {
  const line = async (as: As, otherwise: string): Promise<string> => {
    const words = platformRedisRules(as).map((word) => (word.startsWith("(") ? `"${word}"` : word));
    const user = await userOf(binding, "redis", as, otherwise);
    return `ACL SETUSER ${user} ${[...words.slice(0, 2), ">PASSWORD", ...words.slice(2)].join(" ")}`;
  };
  return [
    "# To be typed into redis-cli by an administrator of the Redis that holds the queue; then ACL SAVE, or CONFIG REWRITE.",
    await line("read", "csrd-ops-read"),
    await line("act", "csrd-ops-act"),
  ].join("\n");
}

/** The user that an address names; a made-up name where the address cannot be read here, for it is no secret. */
async function userOf(
  binding: PlatformBinding,
  place: "database" | "redis",
  as: As,
  otherwise: string,
): Promise<string> {
  try {
    const { username } = new URL(await addressOf(binding, place, as));
    return decodeURIComponent(username) || otherwise;
  } catch {
    return otherwise;
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
