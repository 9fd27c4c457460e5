import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";

/** Which place is spoken to and about what, for sentences. */
export type Call = { readonly place: string; readonly what: string };

/** Failures after which a new connection may well do: it went away, is going away, or never stood. */
export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = read(error);
  return (
    /^(ECONN(RESET|ABORTED)|EPIPE|57P01|57P02|08\w{3})$/.test(code) ||
    /^(Connection terminated(?! due to connection timeout)|Client has encountered a connection error)/.test(
      message,
    )
  );
}

/** The lock store as a user of a database: its failures are `tool-unreachable` when nothing useful was heard, `tool-refused` when it said no. */
export const lockStore = {
  name: "csrd-ops locks",
  fault(error: unknown, { place, what }: Call): OpsError {
    if (OpsError.is(error)) return error;
    const { silent, message, hint, details } = heard(error);
    const where = `The lock store (PostgreSQL at ${place})`;
    if (silent !== undefined)
      return new OpsError("tool-unreachable", {
        summary: `${where} did not answer when it was asked to ${what} (${silent}).`,
        hint: "No lock is assumed, and without it nothing is changed. Look at the network from here to that host and at the server's log.",
        details,
      });
    return new OpsError("tool-refused", {
      summary: `${where} refused to ${what}: ${message}`,
      hint: hint("postgres.url", "postgres.tls.ca"),
      details,
    });
  },
} as const;

/** The team's journal as a user of a database: without a record nothing is done, whatever kept it from being written. */
export const sharedJournal = {
  name: "csrd-ops journal",
  fault(error: unknown, { place, what }: Call): OpsError {
    if (OpsError.is(error)) return error;
    const { silent, message, hint, details } = heard(error);
    const where = `The journal (PostgreSQL at ${place})`;
    if (silent !== undefined)
      return new OpsError("journal-unwritable", {
        summary: `${where} did not answer when it was asked to ${what} (${silent}).`,
        hint: "Nothing is done without a record. When it stays away, unset OPS_DATABASE_URL: this host then keeps a record of its own.",
        details,
      });
    return new OpsError("journal-unwritable", {
      summary: `${where} refused to ${what}: ${message}`,
      hint: hint("OPS_DATABASE_URL", "OPS_DATABASE_TLS"),
      details,
    });
  },
} as const;

/** The platform's own database, looked at or acted on: it may be what is broken, so silence says so and no more. */
export function platformDatabase(as: "read" | "act") {
  const setting = `database.${as}`;
  return {
    name: "csrd-ops database",
    setting,
    fault(error: unknown, { place, what }: Call): OpsError {
      if (OpsError.is(error)) return error;
      const { silent, message, hint, details } = heard(error);
      const where = `The platform's database (PostgreSQL at ${place})`;
      if (silent !== undefined)
        return new OpsError("tool-unreachable", {
          summary: `${where} did not answer when it was asked to ${what} (${silent}).`,
          hint: "Look at the server and the network to it. With no connection left for this role, its limit takes what the platform's users leave: ops permissions --part database.",
          details,
        });
      return new OpsError("tool-refused", {
        summary: `${where} refused to ${what}: ${message}`,
        hint: hint(setting, "database.tls.ca"),
        details,
      });
    },
  };
}

/** What a failure says, made fit to be shown: the reason for silence, or the refusal and what cures it. */
function heard(error: unknown) {
  const { code, message } = read(error);
  return {
    silent: silence(code, message),
    message: `${plainText(message, 200)}${/[.!?]$/.test(message) ? "" : "."}`,
    hint: (address: string, authority: string) => refusalHint(code, address, authority),
    details: plainText(`${code} ${message}`.trim(), 1_000),
  };
}

/** Why nothing useful was heard, in words; undefined when the server or TLS said no. Source: PostgreSQL manual, appendix A. */
function silence(code: string, message: string): string | undefined {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection reset",
    EPIPE: "connection reset",
    ENOTFOUND: "its name was not found",
    EAI_AGAIN: "its name could not be looked up",
    EHOSTUNREACH: "host unreachable",
    ENETUNREACH: "network unreachable",
    ETIMEDOUT: "connection timed out",
    "57014": "it did not finish within the time limit",
    "55P03": "the row stayed locked for longer than the time limit",
    "57P01": "it is shutting down",
    "57P02": "it is restarting after a crash",
    "57P03": "it is starting up or shutting down",
    "53300": "it has no connection left",
  };
  if (code in words) return words[code];
  if (/^(08|53|58|XX|40)/.test(code)) return plainText(message, 120);
  if (/^(timeout|Query read timeout|Connection terminated|Client has encountered)/i.test(message))
    return /timeout/i.test(message) ? "no answer within the time limit" : "connection lost";
  return undefined;
}

function refusalHint(code: string, address: string, authority: string): string {
  if (code.startsWith("28"))
    return `The user or password to which ${address} points is wrong, or pg_hba.conf does not let it in.`;
  if (code === "3D000") return `Create that database, or correct the address to which ${address} points.`;
  if (code === "42501")
    return "Let a user that may create the schema run one command first, or grant this one usage on the schema and select, insert, update on its tables.";
  if (code === "25006") return "That server only reads (a standby?); the primary is needed.";
  if (/CERT|SIGNED|TLS|SSL|ERR_/.test(code))
    return `Name the authority that signed the server's certificate with ${authority}, and a host that the certificate names.`;
  if (code === "") return `Compare ${address} and its TLS setting with how that server is set up.`;
  return `Compare ${address} with what that server holds.`;
}

function read(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return read(error.errors[0]);
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  return {
    code: "code" in error && typeof error.code === "string" ? error.code : "",
    message: error.message,
  };
}
