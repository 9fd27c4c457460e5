import { OpsError } from "#kit/errors.ts";
import { Secret } from "../secret.ts";

/** Where the lock store is and as whom to go there. */
export type Address = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret | undefined;
};

/** Takes a `postgresql://` address apart; throws `environment-invalid` without ever repeating it. */
export function addressOf(url: Secret): Address {
  let parsed: URL;
  try {
    parsed = new URL(url.reveal());
  } catch {
    throw unusable("is not an address");
  }
  if (!/^postgres(ql)?:$/.test(parsed.protocol)) throw unusable("does not begin with postgresql://");
  if (parsed.hostname === "" || parsed.username === "") throw unusable("names no host or no user");
  const database = decodeURIComponent(parsed.pathname.slice(1));
  if (database === "" || database.includes("/")) throw unusable("names no database");
  // What would be said twice could be said differently: TLS and time limits have their place in the binding.
  if (parsed.search !== "") throw unusable("carries options; TLS and time limits are said in the binding");
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? 5432 : Number(parsed.port),
    database,
    user: decodeURIComponent(parsed.username),
    password: parsed.password === "" ? undefined : new Secret(decodeURIComponent(parsed.password)),
  };
}

function unusable(why: string): OpsError {
  return new OpsError("environment-invalid", {
    summary: `The address to which postgres.url points ${why}.`,
    hint: "It has the form postgresql://user:password@host:port/database.",
  });
}
