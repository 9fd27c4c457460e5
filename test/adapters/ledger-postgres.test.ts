import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPostgresJournal } from "#adapters/journal-postgres/journal.ts";
import { openPostgresLedger } from "#adapters/journal-postgres/ledger.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { ledgerContract } from "#test/contracts/ledger.ts";

let server: PostgresServer;
let schemas = 0;
const variable = "TEST_LEDGER_URL";

beforeAll(async () => {
  server = await postgresForTests();
  process.env[variable] = server.url;
});
afterAll(async () => {
  delete process.env[variable];
  await server.stop();
});

const placeOf = (schema: string) => ({ url: { env: variable }, schema, tls: "off", timeout: "3s" }) as const;

ledgerContract(async () => {
  const schema = `ledger_${(schemas += 1)}`;
  return {
    async open() {
      const ledger = openPostgresLedger(placeOf(schema));
      onTestFinished(() => ledger.close());
      return ledger;
    },
  };
});

test("lies beside the journal, whichever of them makes the tables", async () => {
  const place = placeOf(`ledger_${(schemas += 1)}`);
  const [journal, ledger] = [openPostgresJournal(place), openPostgresLedger(place)];
  onTestFinished(() => {
    journal.close();
    ledger.close();
  });

  const [runs, fires] = await Promise.all([journal.runs(), ledger.fires({ environment: "staging" })]);

  expect([runs, fires]).toEqual([[], []]);
});
