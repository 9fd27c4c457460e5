import { z } from "zod";
import { count, milliseconds } from "./shapes.ts";

/** How much the API takes in hand at once, and how it stops. */
export const apiSettings = {
  /** Largest data of one report. */
  CSRD_UPLOAD_LIMIT_MB: count(10_240).default(512),
  /** Uploads at once: of this process, and of one tenant. */
  CSRD_UPLOADS: count(1_000).default(100),
  CSRD_UPLOADS_PER_TENANT: count(1_000).default(50),
  /** Slower uploads are given up; bytes per second over five seconds. */
  CSRD_UPLOAD_LEAST_RATE: z.coerce
    .number({ error: "must be a number" })
    .int("must be a whole number")
    .min(0, "must be at least 0")
    .max(10_000_000, "must be at most 10000000")
    .default(16_384),
  /** Room on the disk that uploads leave alone. */
  CSRD_DISK_RESERVE_MB: count(1_048_576).default(1_024),
  /** Event streams at once: of this process, and of one tenant. */
  CSRD_EVENT_STREAMS: count(10_000).default(500),
  CSRD_EVENT_STREAMS_PER_TENANT: count(10_000).default(50),
  /** Connections at once. */
  CSRD_CONNECTIONS: count(65_535).default(2_000),
  /** From not ready any more to no new connections: the time a balancer needs to notice. */
  CSRD_DRAIN_MS: milliseconds(0, 120_000).default(3_000),
};
