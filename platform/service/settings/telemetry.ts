import path from "node:path";
import { z } from "zod";
import { httpUrl } from "./shapes.ts";

/** Where log lines and traces go beside stdout. */
export const telemetrySettings = {
  CSRD_LOG_DIR: z
    .string()
    .min(1, "must not be empty")
    .transform((dir) => path.resolve(dir))
    .optional(),
  /** Traces by OTLP over HTTP; the standard's own variables say the same to every program. */
  CSRD_OTLP_URL: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[\w.-]+=[^,\r\n]*(,[\w.-]+=[^,\r\n]*)*$/, "must be name=value pairs, separated by commas")
    .optional(),
  CSRD_TRACE_RATIO: z.coerce
    .number({ error: "must be a number from 0 to 1" })
    .min(0, "must be a number from 0 to 1")
    .max(1, "must be a number from 0 to 1")
    .default(1),
};
