import path from "node:path";
import { z } from "zod";
import { count, needed } from "./shapes.ts";

/** Where the files of reports live. */
export const filesSettings = {
  CSRD_ARTIFACTS_DIR: z
    .string(needed)
    .min(1, "must not be empty")
    .transform((dir) => path.resolve(dir)),
};

/** The database that knows every report. */
export const databaseSettings = {
  CSRD_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgresql:// URL" }),
  CSRD_DATABASE_POOL: count(100).default(10),
};
