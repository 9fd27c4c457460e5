import { redisPrefixes, reportQueue } from "../contract.ts";

/** What one Redis user of the platform is for: the queue with progress and switches, or what may be lost (cache and limits). */
export type RedisPurpose = "queue" | "cache";

/** Reaching the server, and knowing it: nothing here reads or writes a key. */
const connection = [
  "auth",
  "hello",
  "ping",
  "quit",
  "reset",
  // ioredis waits for `loading:0`, the worker reads `maxmemory_policy`, BullMQ the version.
  "info",
  "client|setname",
  "client|getname",
  "client|id",
  "time",
  "multi",
  "exec",
  "discard",
  // A script does what its user may do and no more; ioredis sends EVAL once and EVALSHA from then on.
  "eval",
  "evalsha",
  "script|load",
  "script|exists",
];

/** What BullMQ's scripts and our own code do with keys. Not among them: DEL, UNLINK and RENAME, which are granted for fewer keys. */
const onKeys = [
  "exists type expire pexpire pexpireat persist pttl ttl",
  "get set mget incr incrby decr decrby strlen",
  "hget hset hsetnx hmget hmset hdel hexists hgetall hincrby hlen hkeys hvals hscan",
  "lindex llen lpop lpos lpush lrange lrem lset ltrim rpop rpush rpoplpush lmove",
  "sadd scard sismember smembers srem sscan",
  "zadd zcard zcount zlexcount zpopmin zrange zrangebylex zrangebyscore zrank",
  "zrem zremrangebyrank zremrangebyscore zrevrange zrevrangebyscore zscore zscan bzpopmin",
  "xadd xdel xlen xrange xread xrevrange xtrim",
].flatMap((line) => line.split(" "));

const pubSub = ["publish", "subscribe", "unsubscribe", "psubscribe", "punsubscribe"];

/** `csrd:report_queue:…` and its like; not `csrd:report_queue`, the key that the operations manual deletes. */
const queueKeys = `${redisPrefixes.queue}*:*`;
/**
 * What BullMQ's scripts delete: one report's job and what hangs on it, the notes of who may have stalled, its marker, counter and limiter.
 * Never the lists and sets in which the jobs wait.
 */
const deletedKeys = ["CSRD-*", "stalled", "marker", "pc", "limiter"]
  .map((key) => `~${redisPrefixes.queue}${reportQueue.name}:${key}`)
  .join(" ");
/** Pausing the queue is renaming one list to the other. */
const pausing = ["wait", "paused"]
  .map((list) => `~${redisPrefixes.queue}${reportQueue.name}:${list}`)
  .join(" ");

const kept = {
  queue: [redisPrefixes.progress, redisPrefixes.switches],
  cache: [redisPrefixes.cache, redisPrefixes.limits],
} as const;

/**
 * What a Redis user of the platform may do, as the words of `ACL SETUSER <name>`; the password is not among them.
 * Nothing that ends the server, shows other clients or empties a database; no key but the platform's own.
 * BullMQ's scripts run with the rights of whoever calls them, so DEL cannot be refused altogether: it is granted for a report's own job
 * and for what may be lost, and refused for the queue's lists (defects 22, 23, 24 and 38 of the manuals).
 */
export function redisAclRules(purposes: readonly RedisPurpose[]): readonly string[] {
  const holdsQueue = purposes.includes("queue");
  const prefixes = purposes.flatMap((purpose) => kept[purpose]);
  const own = prefixes.map((prefix) => `~${prefix}*`);
  const gone = "+del +unlink";
  return [
    "reset",
    "on",
    "-@all",
    ...(holdsQueue ? [`~${queueKeys}`] : []),
    ...own,
    ...prefixes.map((prefix) => `&${prefix}*`),
    ...[...connection, ...onKeys, ...pubSub].map((command) => `+${command}`),
    ...(holdsQueue ? [`(${deletedKeys} ${gone})`, `(${pausing} +rename)`] : []),
    `(${own.join(" ")} ${gone})`,
  ];
}

/** The line that an administrator types into `redis-cli`; `>PASSWORD` stands where the password goes. */
export function redisAclLine(user: string, purposes: readonly RedisPurpose[]): string {
  const words = redisAclRules(purposes).map((word) => (word.startsWith("(") ? `"${word}"` : word));
  return `ACL SETUSER ${user} ${[...words.slice(0, 2), ">PASSWORD", ...words.slice(2)].join(" ")}`;
}
