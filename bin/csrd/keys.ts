import { writeSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { Argument, type Command, Option } from "commander";
import { hang } from "#kit/render/width.ts";
import { isKeyId } from "#platform/api/auth/api-key.ts";
import {
  createKey,
  findKey,
  type KeyRecord,
  listKeys,
  type MadeKey,
  mostKeys,
  revokeKey,
  rotateKey,
  stateOf,
} from "#platform/api/auth/key-store.ts";
import { type Scope, scopes } from "#platform/api/caller.ts";
import { keyView } from "#platform/api/key-view.ts";
import { CsrdError } from "#platform/errors.ts";
import { print, terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

type Out = { readonly out?: string; readonly json?: true };
type Wish = Out & {
  readonly tenant: string;
  readonly name: string;
  readonly scopes: string;
  readonly expires?: string;
};

/** `csrd keys`: who may use the API. */
export function register(program: Command): void {
  const keys = program
    .command("keys")
    .description("make, list, rotate and revoke the keys of the API (the database of CSRD_DATABASE_URL)")
    .addHelpText(
      "after",
      "\nA key is shown once, when it is made: alone on stdout, or in a new file that only you can read with --out. All else goes to stderr then.\nA revoked key is refused by every API process within five seconds.\nExit codes: 0 done · 1 refused or failed · 2 list: keys that end within 14 days",
    );
  const out = () => new Option("--out <file>", "write the key into a new file (mode 0600) instead of stdout");
  const json = () => new Option("--json", "one JSON object");
  const id = () => new Argument("<id>", "the key's id, csrd_live_ and eight characters");

  keys
    .command("create")
    .description("make a key")
    .requiredOption("--tenant <name>", "whose reports it sees")
    .requiredOption("--name <text>", 'what it is for, such as "nightly import"')
    .option("--scopes <list>", "read, write, admin; separated by commas", "read,write")
    .option("--expires <days>", "days until it ends, such as 90d; never without")
    .addOption(out())
    .addOption(json())
    .action(create);
  keys
    .command("list")
    .description("show the keys, newest first")
    .option("--tenant <name>", "of one tenant only")
    .addOption(json())
    .action(list);
  keys.command("show").description("show one key").addArgument(id()).addOption(json()).action(show);
  keys
    .command("rotate")
    .description("make a key that takes the place of another, which goes on for a while")
    .addArgument(id())
    .option("--overlap <time>", "how long the old one goes on, such as 24h or 7d; 0h ends it now", "24h")
    .addOption(out())
    .addOption(json())
    .action(rotate);
  keys.command("revoke").description("end a key now").addArgument(id()).addOption(json()).action(revoke);
  for (const verb of keys.commands) verb.exitOverride().configureOutput({ writeErr: () => undefined });
}

async function create(wish: Wish): Promise<void> {
  if (!/^[A-Za-z0-9._-]{1,63}$/.test(wish.tenant))
    throw misused("--tenant is 1 to 63 letters, digits, dots, dashes or underscores.");
  if (!/^[^\p{Cc}\p{Cs}]{1,100}$/u.test(wish.name)) throw misused("--name is 1 to 100 characters.");
  const days = wish.expires === undefined ? undefined : span(wish.expires, "--expires");
  if (days !== undefined && days === 0) throw misused("--expires is at least one hour.");
  const asked = {
    tenant: wish.tenant,
    name: wish.name,
    scopes: scopesOf(wish.scopes),
    expiresAt: days === undefined ? undefined : new Date(Date.now() + days),
  };
  await withDatabase("keys", process.env, async (database) => {
    const place = await reserve(wish.out);
    try {
      const made = await createKey(database, asked, asker());
      if (made === undefined)
        throw new CsrdError("key-refused", {
          summary: `${wish.tenant} has ${mostKeys} keys already.`,
          hint: "Revoke those that are not used any more: csrd keys list --tenant.",
        });
      await hand(made, wish, place, []);
    } catch (error) {
      await place?.drop();
      throw error;
    }
  });
}

async function list({ tenant, json }: { readonly tenant?: string; readonly json?: true }): Promise<void> {
  await withDatabase("keys", process.env, async (database) => {
    const records = await listKeys(database, tenant);
    const soon = records.filter((record) => endsSoon(record));
    process.exitCode = soon.length > 0 ? 2 : 0;
    if (json === true) return print([JSON.stringify({ keys: records.map(told) })]);
    if (records.length === 0) return print(["There are no keys. csrd keys create makes one."]);
    const { screen } = terminal();
    const width = Math.max(6, ...records.map((record) => record.tenant.length));
    print([
      `${"ID".padEnd(19)}${"TENANT".padEnd(width + 2)}${"STATE".padEnd(9)}${"SCOPES".padEnd(18)}LAST USED         NAME`,
      ...records.flatMap((record) =>
        hang(
          screen,
          `${record.id.padEnd(19)}${record.tenant.padEnd(width + 2)}${stateOf(record, new Date()).padEnd(9)}${record.scopes.join(",").padEnd(18)}${instant(record.lastUsedAt, "never").padEnd(18)}`,
          record.name,
        ),
      ),
      "",
      soon.length === 0
        ? `${records.length} ${records.length === 1 ? "key" : "keys"}.`
        : `${soon.length} of ${records.length} end within 14 days: ${soon.map((record) => record.id).join(", ")}.`,
    ]);
  });
}

async function show(id: string, { json }: Out): Promise<void> {
  await withDatabase("keys", process.env, async (database) => {
    const record = requireKey(await findKey(database, undefined, checked(id)), id);
    if (json === true) return print([JSON.stringify(told(record))]);
    print(pageOf(record));
  });
}

async function rotate(id: string, options: Out & { readonly overlap: string }): Promise<void> {
  const overlap = span(options.overlap, "--overlap");
  await withDatabase("keys", process.env, async (database) => {
    const place = await reserve(options.out);
    try {
      const rotated = await rotateKey(database, undefined, checked(id), overlap, asker());
      if (rotated.kind === "unknown") throw unknown(id);
      if (rotated.kind !== "rotated")
        throw new CsrdError("key-refused", {
          summary: `${id} ${rotated.kind === "replaced" ? "has been rotated already" : "has expired or has been revoked"}.`,
          hint: `csrd keys show ${id} tells more.`,
        });
      const { old, made } = rotated;
      await hand(made, options, place, [
        `It takes the place of ${id}, which ends ${instant(old.expiresAt, "now")} and ${use(old)}.`,
        `Before it ends, csrd keys show ${id} says whether it is still used.`,
      ]);
    } catch (error) {
      await place?.drop();
      throw error;
    }
  });
}

async function revoke(id: string, { json }: Out): Promise<void> {
  await withDatabase("keys", process.env, async (database) => {
    const record = requireKey(await revokeKey(database, undefined, checked(id), asker()), id);
    if (json === true) return print([JSON.stringify(told(record))]);
    print([
      `${record.id} of ${record.tenant} (${record.name}) was revoked ${instant(record.revokedAt, "")}.`,
      `Every API process refuses it within five seconds. It ${use(record)}.`,
    ]);
  });
}

/** Hands the new key over, once. */
async function hand(
  { record, key }: MadeKey,
  { json, out }: Out,
  place: Place | undefined,
  more: readonly string[],
): Promise<void> {
  await place?.write(key);
  if (json === true) {
    const facts = { ...told(record), ...(place === undefined ? { key } : { file: out }) };
    writeSync(process.stdout.fd, `${JSON.stringify(facts)}\n`);
    return;
  }
  process.stderr.write(
    `${[
      `${record.id} for ${record.tenant} (${record.scopes.join(", ")}), ends ${instant(record.expiresAt, "never")}.`,
      ...more,
      place === undefined ? "The key, shown this once:" : `The key is in ${out}.`,
    ].join("\n")}\n`,
  );
  // Straight to stdout: what guards all other output would hide the one secret that is to be seen, once.
  if (place === undefined) writeSync(process.stdout.fd, `${key}\n`);
}

function pageOf(record: KeyRecord): readonly string[] {
  const state = stateOf(record, new Date());
  const lines: readonly (readonly [string, string])[] = [
    ["Tenant", record.tenant],
    ["Name", record.name],
    ["Scopes", record.scopes.join(", ")],
    ["State", state],
    ["Made", `${instant(record.createdAt, "")} by ${record.createdBy}`],
    ["Ends", instant(record.expiresAt, "never")],
    ["Last used", instant(record.lastUsedAt, "never")],
    ...(record.revokedAt === undefined ? [] : [["Revoked", instant(record.revokedAt, "")] as const]),
    ...(record.replaces === undefined ? [] : [["Replaces", record.replaces] as const]),
    ...(record.replacedBy === undefined ? [] : [["Replaced by", record.replacedBy] as const]),
  ];
  const stillUsed =
    state !== "ending"
      ? []
      : record.lastUsedAt !== undefined && Date.now() - record.lastUsedAt.getTime() < 3_600_000
        ? ["", "It is still used: whoever holds it has not changed over yet."]
        : ["", "It has not been used for an hour (a use is noted within 15 seconds); it can be revoked."];
  return [record.id, ...lines.map(([what, says]) => `  ${what.padEnd(12)}${says}`), ...stillUsed];
}

type Place = { write(key: string): Promise<void>; drop(): Promise<void> };

/** Makes the file before the key, so that no key is made that cannot be kept; never over one that is there. */
async function reserve(path: string | undefined): Promise<Place | undefined> {
  if (path === undefined) return undefined;
  const file = await open(path, "wx", 0o600).catch((cause: unknown) => {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new CsrdError("csrd-usage", {
      summary: isThere ? `${path} is already there.` : `${path} cannot be written.`,
      hint: "Name a file that is not there yet, in a folder that may be written.",
      cause,
    });
  });
  return {
    write: async (key) => {
      await file.writeFile(`${key}\n`);
      await file.close();
    },
    drop: async () => {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

function told(record: KeyRecord) {
  return { ...keyView(record), tenant: record.tenant };
}

function requireKey(record: KeyRecord | undefined, id: string): KeyRecord {
  if (record === undefined) throw unknown(id);
  return record;
}

function unknown(id: string): CsrdError {
  return new CsrdError("key-not-found", {
    summary: `There is no key ${id}.`,
    hint: "csrd keys list shows those that there are.",
  });
}

/** Whoever pastes the whole key is told without it being repeated. */
function checked(id: string): string {
  if (isKeyId(id)) return id;
  throw misused("A key is named by its id: csrd_live_ and eight characters, not by the key itself.");
}

function scopesOf(text: string): readonly Scope[] {
  const words = text.split(",").map((word) => word.trim());
  const known = scopes.filter((scope) => words.includes(scope));
  if (known.length === 0 || words.some((word) => !scopes.some((scope) => scope === word)))
    throw misused("--scopes is a list of read, write and admin.");
  return known;
}

/** Milliseconds of `90d` or `12h`, up to ten years. */
function span(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  const ms = Number(count) * (unit === "d" ? 86_400_000 : 3_600_000);
  if (count === undefined || ms > 3_650 * 86_400_000)
    throw misused(`${option} is a time such as 24h or 90d.`);
  return ms;
}

function endsSoon(record: KeyRecord): boolean {
  const state = stateOf(record, new Date());
  if (state !== "active" || record.expiresAt === undefined) return false;
  return record.expiresAt.getTime() - Date.now() < 14 * 86_400_000;
}

function use({ lastUsedAt }: KeyRecord): string {
  return lastUsedAt === undefined ? "has no use noted yet" : `was last used ${instant(lastUsedAt, "")}`;
}

function instant(at: Date | undefined, none: string): string {
  return at === undefined ? none : `${at.toISOString().slice(0, 16).replace("T", " ")}Z`;
}

function asker() {
  return { actor: `operator:${userInfo().username}@${hostname()}`.slice(0, 100) };
}

function misused(summary: string): CsrdError {
  return new CsrdError("csrd-usage", { summary, hint: "csrd keys --help lists the commands." });
}
