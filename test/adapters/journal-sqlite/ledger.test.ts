import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openSqliteLedger } from "#adapters/journal-sqlite/ledger.ts";
import { ledgerContract } from "#test/contracts/ledger.ts";

ledgerContract(async () => {
  const folder = mkdtempSync(join(tmpdir(), "ops-ledger-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let now = new Date();
  return {
    async open() {
      const ledger = openSqliteLedger(join(folder, "journal.db"), { now: () => now });
      onTestFinished(() => ledger.close());
      return ledger;
    },
    setClock(at) {
      now = new Date(at);
    },
  };
});
