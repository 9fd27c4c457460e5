import { httpUrl } from "./shapes.ts";

/** The language models and services outside that the platform may ask. */
export const externalSettings = {
  CSRD_LLM_URL: httpUrl.optional(),
  CSRD_XBRL_VALIDATOR_URL: httpUrl.optional(),
};
