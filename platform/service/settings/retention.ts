import path from "node:path";
import { z } from "zod";

/** What decides how long things are kept, and where the logs to look after are. */
export const retentionSettings = {
  CSRD_ENVIRONMENT: z
    .enum(["production", "staging", "development"], {
      error: "must be production, staging or development",
    })
    .default("production"),
  /** The folder of the rotated log files; that of CSRD_LOG_FILE when it is left out. */
  CSRD_LOG_DIR: z
    .string()
    .min(1, "must not be empty")
    .transform((dir) => path.resolve(dir))
    .optional(),
  CSRD_LOG_FILE: z.string().min(1, "must not be empty").optional(),
};
