import { OpsError } from "#kit/errors.ts";
import { Secret } from "../secret.ts";

/** Where a database is and as whom to go there. */
export type Address = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret | undefined;
};

/** Takes a `postgresql://` address apart; throws `environment-invalid` without ever repeating it. */
export function addressOf(url: Secret, setting = "postgres.url"): Address {
  let parsed: URL;
  try {
    parsed = new URL(url.reveal());
  } catch {
    throw unusable(setting, "is not an address");
  }
  if (!/^postgres(ql)?:$/.test(parsed.protocol)) throw unusable(setting, "does not begin with postgresql://");
  if (parsed.hostname === "" || parsed.username === "") throw unusable(setting, "names no host or no user");
  const database = decodeURIComponent(parsed.pathname.slice(1));
  if (database === "" || database.includes("/")) throw unusable(setting, "names no database");
  // What would be said twice could be said differently: TLS and time limits have their place in the binding.
  if (parsed.search !== "")
    throw unusable(setting, "carries options; TLS and time limits are said in the binding");
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? 5432 : Number(parsed.port),
    database,
    user: decodeURIComponent(parsed.username),
    password: parsed.password === "" ? undefined : new Secret(decodeURIComponent(parsed.password)),
  };
}

function unusable(setting: string, why: string): OpsError {
  return new OpsError("environment-invalid", {
    summary: `The address to which ${setting} points ${why}.`,
    hint: "It has the form postgresql://user:password@host:port/database.",
  });
}
