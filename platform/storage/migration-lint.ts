import type { AlterTableCmd, Node } from "libpg-query";
import type { Migration } from "./migration-files.ts";
import {
  isConcurrent,
  isConcurrentReindex,
  isFull,
  type Statement,
  statementsOf,
  stopsReaders,
} from "./migration-sql.ts";

/** Something in a migration that would stop or break those who are running. */
export type MigrationFinding = {
  readonly migration: string;
  readonly rule: MigrationRule;
  readonly sentence: string;
  readonly sql: string;
};

const sentences = {
  "index-not-concurrent":
    "Writers wait while the index is built: build it concurrently, in a file of its own.",
  "concurrent-alone":
    "What runs concurrently cannot be in a transaction: it needs a name and a file of its own.",
  "not-null-without-default":
    "Older versions insert rows without this column: give it a default, or let it be null.",
  "set-not-null":
    "The whole table is read while readers wait: prove it by a valid check constraint, in a contract.",
  "column-type":
    "The table is written anew while readers wait: add a column, fill it in a backfill, drop the old one in a contract.",
  "rewrites-table":
    "The table is written anew while readers wait: add the column without it and fill it in a backfill.",
  rename: "Older versions still use the old name: add the new one and drop the old one in a contract.",
  drop: "Older versions still use it: drop it in a contract.",
  "constraint-not-valid":
    "The whole table is read while readers wait: add the constraint `not valid`, validate it in the next file.",
  "validate-apart":
    "The lock of what goes before is held while the whole table is read: validate in a file of its own.",
  "several-tables":
    "Readers of the first table wait while the second one is waited for: one existing table in a file.",
  rows: "How many rows there are is not known: change them in a backfill.",
  "vacuum-full": "The table is written anew while readers wait.",
  "reindex-not-concurrent": "Readers wait while the index is built: reindex concurrently.",
  "session-setting": "Timeouts and transactions are the runner's.",
  "not-judged": "What this does cannot be told from its text.",
  "backfill-shape": "A backfill is its directives and one statement between $1 and $2.",
} as const;

/** A rule of the linter; a line `-- allow: <rule>: <reason>` in the file takes it back. */
export type MigrationRule = keyof typeof sentences;

/** What must not be in a migration of its phase, with what would do instead. */
export async function lintMigration(migration: Migration): Promise<readonly MigrationFinding[]> {
  const statements = await statementsOf(migration.sql);
  const allowed = new Set(
    [...migration.sql.matchAll(/^-- allow: ([a-z-]+): \S.{9,}$/gm)].map(([, rule]) => rule),
  );
  const found =
    migration.phase === "backfill"
      ? backfill(migration.sql, statements)
      : schema(statements, migration.phase === "contract");
  return found.flatMap(([rule, sql]) =>
    allowed.has(rule) ? [] : [{ migration: migration.name, rule, sentence: sentences[rule], sql }],
  );
}

type Found = readonly [MigrationRule, string];

function schema(statements: readonly Statement[], isContract: boolean): readonly Found[] {
  const fresh = new Set(statements.flatMap(({ creates }) => creates ?? []));
  const onlyContract: readonly MigrationRule[] = ["rename", "drop", "set-not-null"];
  const found = statements.flatMap((statement) =>
    rulesOf(statement.node, fresh).map((rule): Found => [rule, statement.sql]),
  );
  const exclusive = new Set(
    statements.flatMap(({ locks }) =>
      locks.filter((lock) => stopsReaders(lock) && !fresh.has(lock.table)).map(({ table }) => table),
    ),
  );
  const alone = statements.find(({ node }) => isConcurrent(node));
  const validates = statements.find(({ node }) =>
    alterations(node).some(({ subtype }) => subtype === "AT_ValidateConstraint"),
  );
  return [
    ...found.filter(([rule]) => !(isContract && onlyContract.includes(rule))),
    ...(alone !== undefined && (statements.length > 1 || isUnnamed(alone.node))
      ? [["concurrent-alone", alone.sql] as const]
      : []),
    ...(validates !== undefined && exclusive.size > 0 ? [["validate-apart", validates.sql] as const] : []),
    ...(exclusive.size > 1 ? [["several-tables", [...exclusive].join(", ")] as const] : []),
  ];
}

function rulesOf(node: Node, fresh: ReadonlySet<string>): readonly MigrationRule[] {
  const isFresh = (relation: { relname?: string } | undefined) => fresh.has(relation?.relname ?? "");
  if ("AlterTableStmt" in node)
    return isFresh(node.AlterTableStmt.relation) ? [] : alterations(node).flatMap(alterationRules);
  if ("IndexStmt" in node)
    return node.IndexStmt.concurrent === true || isFresh(node.IndexStmt.relation)
      ? []
      : ["index-not-concurrent"];
  if ("RenameStmt" in node) return ["rename"];
  if ("DropStmt" in node)
    return ["OBJECT_TRIGGER", "OBJECT_FUNCTION"].includes(node.DropStmt.removeType ?? "") ? [] : ["drop"];
  if ("TruncateStmt" in node) return ["rows"];
  if ("UpdateStmt" in node) return isFresh(node.UpdateStmt.relation) ? [] : ["rows"];
  if ("DeleteStmt" in node) return isFresh(node.DeleteStmt.relation) ? [] : ["rows"];
  if ("InsertStmt" in node) return isFresh(node.InsertStmt.relation) ? [] : ["rows"];
  if (isFull(node) || "ClusterStmt" in node || "RepackStmt" in node) return ["vacuum-full"];
  if ("ReindexStmt" in node) return isConcurrentReindex(node) ? [] : ["reindex-not-concurrent"];
  if ("VariableSetStmt" in node || "TransactionStmt" in node || "LockStmt" in node)
    return ["session-setting"];
  if ("RefreshMatViewStmt" in node || "DoStmt" in node || "SelectStmt" in node || "CallStmt" in node)
    return ["not-judged"];
  return [];
}

function alterations(node: Node): readonly AlterTableCmd[] {
  if (!("AlterTableStmt" in node)) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((command) =>
    "AlterTableCmd" in command ? [command.AlterTableCmd] : [],
  );
}

const forbidden: Readonly<Partial<Record<string, MigrationRule>>> = {
  AT_AlterColumnType: "column-type",
  AT_SetNotNull: "set-not-null",
  AT_DropColumn: "drop",
  AT_SetTableSpace: "rewrites-table",
  AT_SetLogged: "rewrites-table",
  AT_SetUnLogged: "rewrites-table",
  AT_SetAccessMethod: "rewrites-table",
};

function alterationRules({ subtype, def }: AlterTableCmd): readonly MigrationRule[] {
  if (subtype === "AT_AddColumn") return columnRules(def);
  if (subtype === "AT_AddConstraint") return constraintRules(def);
  const rule = subtype === undefined ? undefined : forbidden[subtype];
  return rule === undefined ? [] : [rule];
}

function columnRules(def: Node | undefined): readonly MigrationRule[] {
  if (def === undefined || !("ColumnDef" in def)) return [];
  const constraints = (def.ColumnDef.constraints ?? []).flatMap((one) =>
    "Constraint" in one ? [one.Constraint] : [],
  );
  const kinds = new Set(constraints.map(({ contype }) => contype));
  const fallback = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT");
  const type = JSON.stringify(def.ColumnDef.typeName ?? {});
  return [
    ...(kinds.has("CONSTR_NOTNULL") && fallback === undefined ? ["not-null-without-default" as const] : []),
    ...(kinds.has("CONSTR_GENERATED") ||
    kinds.has("CONSTR_IDENTITY") ||
    /"(big|small)?serial/.test(type) ||
    isVolatile(fallback?.raw_expr)
      ? ["rewrites-table" as const]
      : []),
    ...(kinds.has("CONSTR_UNIQUE") || kinds.has("CONSTR_PRIMARY") ? ["index-not-concurrent" as const] : []),
    ...(kinds.has("CONSTR_CHECK") ? ["constraint-not-valid" as const] : []),
  ];
}

/** True when a default is worked out for each row; `now()` is worked out once. */
function isVolatile(node: Node | undefined): boolean {
  const calls = [...JSON.stringify(node ?? {}).matchAll(/"funcname":\[(.*?)\]/g)];
  return calls.some(([, names = ""]) => !names.includes('"now"'));
}

function constraintRules(def: Node | undefined): readonly MigrationRule[] {
  if (def === undefined || !("Constraint" in def)) return [];
  const { contype, skip_validation, indexname } = def.Constraint;
  if (contype === "CONSTR_CHECK" || contype === "CONSTR_FOREIGN" || contype === "CONSTR_NOTNULL")
    return skip_validation === true ? [] : ["constraint-not-valid"];
  return indexname === undefined ? ["index-not-concurrent"] : [];
}

function isUnnamed(node: Node): boolean {
  return "IndexStmt" in node && (node.IndexStmt.idxname ?? "") === "";
}

function backfill(sql: string, statements: readonly Statement[]): readonly Found[] {
  const [only] = statements;
  const isRows =
    only !== undefined &&
    ("UpdateStmt" in only.node || "InsertStmt" in only.node || "DeleteStmt" in only.node);
  const isWhole =
    /^-- backfill: /m.test(sql) && /^-- left: /m.test(sql) && /\$1/.test(sql) && /\$2/.test(sql);
  return statements.length === 1 && isRows && isWhole ? [] : [["backfill-shape", only?.sql ?? ""]];
}
