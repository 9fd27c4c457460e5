import { z } from "zod";

/** The name of a service, as a parameter: a name and nothing else, to be found in the environment's file. */
export const serviceParam = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "must be the name of a service in the environment file");
