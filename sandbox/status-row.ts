import { z } from "zod";

/** One line of `ops sandbox status`: a process, or a part that lives inside the supervisor. */
export const StatusRow = z.object({
  name: z.string(),
  state: z.enum(["done", "waiting", "failed"]),
  /** What was seen, in a few words. */
  health: z.string(),
  pid: z.int().optional(),
  port: z.int().optional(),
  /** True for a part that lives inside the supervisor's own process. */
  inside: z.boolean().optional(),
  memoryMiB: z.int().optional(),
});
export type StatusRow = z.infer<typeof StatusRow>;
