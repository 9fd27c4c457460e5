import type { Pool } from "pg";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { metrics as names } from "../contract.ts";
import { keepsSpans, type Span, startSpan } from "./trace.ts";

/**
 * Shows a pool of database connections: how many are in use, idle and waited for; how long a query takes; each query inside a kept trace as a
 * span, named by its first word and without its text.
 */
export function watchDatabase(registry: Registry, pool: Pool): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read()) });
  };
  gauge(
    names.databasePoolInUse,
    "Connections of this process to the database that are handed out",
    () => pool.totalCount - pool.idleCount,
  );
  gauge(
    names.databasePoolIdle,
    "Connections of this process to the database that nobody uses",
    () => pool.idleCount,
  );
  gauge(
    names.databasePoolWaiting,
    "Requests of this process that wait for a database connection",
    () => pool.waitingCount,
  );
  gauge(names.databasePoolMax, "Most connections of this process to the database", () => pool.options.max);
  const seconds = new Histogram({
    name: names.databaseDuration,
    help: "Seconds from a query, its wait for a connection included, to its answer",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const errors = new Counter({
    name: names.databaseErrors,
    help: "Queries that the database refused or did not answer",
    registers,
  });

  const observe = (target: object): void => {
    const query: unknown = Reflect.get(target, "query");
    if (typeof query !== "function") return;
    const observed = (...args: readonly unknown[]): unknown => {
      const from = performance.now();
      const span = keepsSpans()
        ? startSpan(spanName(args[0]), "client", { "db.system.name": "postgresql" })
        : undefined;
      const answer: unknown = Reflect.apply(query, target, args);
      // With a callback it is the pool that asks, and the pool itself is observed.
      if (answer instanceof Promise) void answer.then(...endings(span, from));
      else span?.end();
      return answer;
    };
    Reflect.set(target, "query", observed);
  };
  const endings = (span: Span | undefined, from: number) => {
    const end = (): void => {
      seconds.observe((performance.now() - from) / 1000);
      span?.end();
    };
    return [
      end,
      (error: unknown): void => {
        errors.inc();
        span?.fail(error instanceof Error && "code" in error ? String(error.code) : "error");
        end();
      },
    ] as const;
  };

  observe(pool);
  pool.on("connect", (client) => {
    // Only what is asked for within a transaction comes to a connection directly, and by promise.
    const query: unknown = Reflect.get(client, "query");
    observe(client);
    const observed: unknown = Reflect.get(client, "query");
    if (typeof query !== "function" || typeof observed !== "function") return;
    Reflect.set(client, "query", (...args: readonly unknown[]): unknown =>
      Reflect.apply(args.some((arg) => typeof arg === "function") ? query : observed, client, args),
    );
  });
}

function spanName(query: unknown): string {
  const text =
    typeof query === "string"
      ? query
      : typeof query === "object" && query !== null && "text" in query
        ? String(query.text)
        : "";
  return `postgres ${/^\s*([a-zA-Z]{1,12})/.exec(text)?.[1]?.toLowerCase() ?? "query"}`;
}
