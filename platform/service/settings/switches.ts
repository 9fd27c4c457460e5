import path from "node:path";
import { z } from "zod";
import { milliseconds } from "./shapes.ts";

/** Where a process reads the kill switches beside database and Redis, and how long it trusts what it read. */
export const switchSettings = {
  AGENT_SAFE_MODE: z.string().optional(),
  CSRD_SWITCHES_FILE: z
    .string()
    .min(1, "must not be empty")
    .transform((file) => path.resolve(file))
    .optional(),
  CSRD_SWITCHES_TTL_MS: milliseconds(2_000, 600_000).default(30_000),
};
