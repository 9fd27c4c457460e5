import { hostname, userInfo } from "node:os";
import { OpsError } from "#kit/errors.ts";
import type { Identity } from "#kit/identity.ts";

/** Who runs this command: the OS login on this host. `--as` makes up a colleague, in the sandbox only. */
export function identify(as: string | undefined, tier: string | undefined): Identity {
  const host = hostname();
  if (as === undefined)
    return { name: userInfo().username, host, via: process.env["OPS_VIA"] === "cron" ? "cron" : "terminal" };
  if (tier !== "sandbox")
    throw new OpsError("approval-forbidden", {
      summary: `--as exists only in the sandbox; this is ${tier === undefined ? "no environment" : `a ${tier} environment`}.`,
      hint: "Here you are who you are logged in as.",
    });
  if (!/^[a-z][a-z0-9._-]{0,30}$/.test(as))
    throw new OpsError("usage", {
      summary: `"${as.slice(0, 60)}" is no name for --as.`,
      hint: "Use a short lower-case name: --as omar",
    });
  return { name: as, host, via: "sandbox" };
}
