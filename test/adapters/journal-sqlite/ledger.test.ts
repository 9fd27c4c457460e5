import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openSqliteLedger } from "#adapters/journal-sqlite/ledger.ts";
import { ledgerContract } from "#test/contracts/ledger.ts";

ledgerContract(async () => {
  const folder = mkdtempSync(join(tmpdir(), "ops-ledger-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return {
    async open() {
      const ledger = openSqliteLedger(join(folder, "journal.db"));
      onTestFinished(() => ledger.close());
      return ledger;
    },
  };
});
