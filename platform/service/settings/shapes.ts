import { z } from "zod";

/** A TCP port; 0 takes a free one. */
export const port = z.coerce
  .number({ error: "must be a TCP port" })
  .int("must be a TCP port")
  .min(0, "must be a TCP port, 0 to 65535")
  .max(65_535, "must be a TCP port, 0 to 65535");
/** A whole number of milliseconds between two bounds. */
export const milliseconds = (least: number, most: number) =>
  z.coerce
    .number({ error: "must be a number of milliseconds" })
    .int("must be a whole number of milliseconds")
    .min(least, `must be at least ${least} ms`)
    .max(most, `must be at most ${most} ms`);
/** A whole number from 1 on. */
export const count = (most: number) =>
  z.coerce
    .number({ error: "must be a number" })
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(most, `must be at most ${most}`);
/** An http or https address. */
export const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });
