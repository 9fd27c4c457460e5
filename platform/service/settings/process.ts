import { hostname } from "node:os";
import { z } from "zod";
import { version } from "../version.ts";
import { telemetrySettings } from "./telemetry.ts";

/** How much a process steps back for others on its machine: 0 not at all, 19 for everybody. Agents that share one with the API may. */
const niceness = z.coerce
  .number({ error: "must be a whole number from 0 to 19" })
  .int("must be a whole number from 0 to 19")
  .min(0, "must be a whole number from 0 to 19")
  .max(19, "must be a whole number from 0 to 19");

/** What every process of the platform is told of itself. */
export const processSettings = {
  CSRD_HOST: z.string().min(1, "must not be empty").default("127.0.0.1"),
  CSRD_INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,63}$/, "must be 1 to 63 letters, digits, dots, dashes or underscores")
    .default(() =>
      hostname()
        .replaceAll(/[^A-Za-z0-9._-]/g, "-")
        .slice(0, 63),
    ),
  CSRD_VERSION: z
    .string()
    .min(1, "must not be empty")
    .max(64, "must be at most 64 characters")
    .default(version),
  CSRD_LOG_LEVEL: z
    .enum(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], {
      error: "must be DEBUG, INFO, WARNING, ERROR or CRITICAL",
    })
    .default("INFO"),
  CSRD_LOG_FILE: z.string().min(1, "must not be empty").optional(),
  /** What `/health` and `/metrics` ask for; without it they answer everybody who reaches the port. */
  CSRD_PROBE_TOKEN: z.string().min(20, "must be at least 20 characters").optional(),
  CSRD_NICE: niceness.default(0),
  ...telemetrySettings,
};
