import { type AlterTableCmd, type Node, parse } from "libpg-query";

/** PostgreSQL's table locks, weakest first. */
const lockModes = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;
type LockMode = (typeof lockModes)[number];

/** A lock that a statement takes on a table, or on what stands for one (`index reports_by_owner`). */
export type TakenLock = { readonly table: string; readonly mode: LockMode };

/** One statement of a migration: its text, its tree, and what it takes and makes. */
export type Statement = {
  readonly sql: string;
  readonly node: Node;
  readonly locks: readonly TakenLock[];
  /** The table that it creates. */
  readonly creates: string | undefined;
};

/** The statements of an SQL text, read by PostgreSQL's own parser. Throws what the parser says of wrong SQL. */
export async function statementsOf(sql: string): Promise<readonly Statement[]> {
  const bytes = Buffer.from(sql);
  const { stmts = [] } = await parse(sql);
  return stmts.flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    if (stmt === undefined) return [];
    const text = bytes.subarray(from, length === undefined || length === 0 ? undefined : from + length);
    const creates = "CreateStmt" in stmt ? stmt.CreateStmt.relation?.relname : undefined;
    return [{ sql: text.toString().trim(), node: stmt, locks: locksOf(stmt), creates }];
  });
}

/** The strongest of some locks on each table. */
export function strongest(locks: readonly TakenLock[]): readonly TakenLock[] {
  const most = new Map<string, LockMode>();
  for (const { table, mode } of locks) {
    const before = most.get(table);
    if (before === undefined || lockModes.indexOf(before) < lockModes.indexOf(mode)) most.set(table, mode);
  }
  return [...most].map(([table, mode]) => ({ table, mode }));
}

/** True for a lock that readers wait for while it is held or asked for. */
export function stopsReaders({ mode }: TakenLock): boolean {
  return mode === "ACCESS EXCLUSIVE";
}

function locksOf(node: Node): readonly TakenLock[] {
  const on = (relation: { relname?: string } | undefined, mode: LockMode): readonly TakenLock[] =>
    relation?.relname === undefined ? [] : [{ table: relation.relname, mode }];
  if ("AlterTableStmt" in node) {
    const { relation, cmds = [] } = node.AlterTableStmt;
    return cmds.flatMap((command) =>
      "AlterTableCmd" in command
        ? [...on(relation, alterMode(command.AlterTableCmd)), ...references(command.AlterTableCmd.def)]
        : [],
    );
  }
  if ("CreateStmt" in node) return (node.CreateStmt.tableElts ?? []).flatMap(references);
  if ("IndexStmt" in node) {
    const { relation, concurrent } = node.IndexStmt;
    return on(relation, concurrent === true ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
  }
  if ("CreateTrigStmt" in node) return on(node.CreateTrigStmt.relation, "SHARE ROW EXCLUSIVE");
  if ("RenameStmt" in node) return on(node.RenameStmt.relation, "ACCESS EXCLUSIVE");
  if ("InsertStmt" in node) return on(node.InsertStmt.relation, "ROW EXCLUSIVE");
  if ("UpdateStmt" in node) return on(node.UpdateStmt.relation, "ROW EXCLUSIVE");
  if ("DeleteStmt" in node) return on(node.DeleteStmt.relation, "ROW EXCLUSIVE");
  if ("TruncateStmt" in node)
    return (node.TruncateStmt.relations ?? []).flatMap((table) =>
      "RangeVar" in table ? on(table.RangeVar, "ACCESS EXCLUSIVE") : [],
    );
  if ("DropStmt" in node) {
    const { objects = [], removeType = "", concurrent } = node.DropStmt;
    const mode = concurrent === true ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
    if (removeType === "OBJECT_FUNCTION") return [];
    const kind = removeType.replace("OBJECT_", "").toLowerCase();
    return objects.map((object) => ({
      table: kind === "table" ? nameOf(object) : `${kind} ${nameOf(object)}`,
      mode,
    }));
  }
  if ("VacuumStmt" in node)
    return (node.VacuumStmt.rels ?? []).flatMap((table) =>
      "VacuumRelation" in table
        ? on(table.VacuumRelation.relation, isFull(node) ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE")
        : [],
    );
  if ("ReindexStmt" in node)
    return on(
      node.ReindexStmt.relation,
      isConcurrentReindex(node) ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE",
    );
  return [];
}

/** True for VACUUM FULL. */
export function isFull(node: Node): boolean {
  return "VacuumStmt" in node && hasOption(node.VacuumStmt.options, "full");
}

/** True for REINDEX CONCURRENTLY. */
export function isConcurrentReindex(node: Node): boolean {
  return "ReindexStmt" in node && hasOption(node.ReindexStmt.params, "concurrently");
}

/** True for a statement that PostgreSQL runs outside transactions only. */
export function isConcurrent(node: Node): boolean {
  return (
    ("IndexStmt" in node && node.IndexStmt.concurrent === true) ||
    ("DropStmt" in node && node.DropStmt.concurrent === true) ||
    isConcurrentReindex(node)
  );
}

/** The last part of a name: `reports` of `public.reports`. */
function nameOf(node: Node): string {
  const words = [...JSON.stringify(node).matchAll(/"sval":"((?:[^"\\]|\\.)*)"/g)];
  return words.at(-1)?.[1] ?? "";
}

function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  return (options ?? []).some((option) => "DefElem" in option && option.DefElem.defname === name);
}

function alterMode({ subtype, def }: AlterTableCmd): LockMode {
  if (subtype === "AT_ValidateConstraint" || subtype === "AT_SetStatistics" || subtype === "AT_SetRelOptions")
    return "SHARE UPDATE EXCLUSIVE";
  const isForeign = def !== undefined && "Constraint" in def && def.Constraint.contype === "CONSTR_FOREIGN";
  return subtype === "AT_AddConstraint" && isForeign ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE";
}

/** Tables that a new column or constraint refers to: their writers wait while the reference is made. */
function references(node: Node | undefined): readonly TakenLock[] {
  if (node === undefined) return [];
  if ("ColumnDef" in node) return (node.ColumnDef.constraints ?? []).flatMap(references);
  const table = "Constraint" in node ? node.Constraint.pktable?.relname : undefined;
  return table === undefined ? [] : [{ table, mode: "SHARE ROW EXCLUSIVE" }];
}
