import type { DatabaseBinding } from "#adapters/database/binding.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import type { Operators, Readers } from "#kit/ports.ts";

/** The servers of the platform's database and where its address leads, where the environment names the database. */
export async function replicationReaders(
  file: EnvironmentFile,
): Promise<Partial<Pick<Readers, "replication">>> {
  if (file.bindings["database"] === undefined) return {};
  const { replicationReader } = await import("#adapters/database/replication.ts");
  const { parseDatabaseBinding } = await import("#adapters/database/binding.ts");
  const binding = parseDatabaseBinding(file.bindings["database"]);
  const { address } = binding;
  return {
    replication: replicationReader(binding, {
      expected: file.identity["platformDatabaseId"],
      routedTo:
        address === undefined || file.bindings["aws"] === undefined
          ? undefined
          : async () => {
              const { routedTo } = await import("#adapters/aws/database-place.ts");
              return routedTo(await clientsOf(file, "read"), address);
            },
    }),
  };
}

/** The three steps of a failover: the machine and the address by the cloud that runs them, the promotion by the server itself. */
export async function failoverOperators(
  file: EnvironmentFile,
): Promise<Partial<Pick<Operators, "failover">>> {
  if (file.bindings["database"] === undefined || file.bindings["aws"] === undefined) return {};
  const { promotion } = await import("#adapters/database/promote.ts");
  const { parseDatabaseBinding } = await import("#adapters/database/binding.ts");
  const { databaseHands } = await import("#adapters/aws/database-place.ts");
  const binding = parseDatabaseBinding(file.bindings["database"]);
  const hands = databaseHands(await clientsOf(file, "act"), placedServers(binding), binding.address);
  return { failover: { ...hands, promote: promotion(binding) } };
}

function placedServers({ servers }: DatabaseBinding) {
  return servers.map(({ name, instance, act }) => ({
    name,
    instance,
    async host() {
      const { addressOf } = await import("#adapters/postgres/address.ts");
      const { readSecret } = await import("#adapters/secret.ts");
      return addressOf(await readSecret(act), "database.servers").host;
    },
  }));
}

async function clientsOf(file: EnvironmentFile, as: "read" | "act") {
  const { awsClients } = await import("#adapters/aws/clients.ts");
  const { parseAwsBinding } = await import("#adapters/aws/binding.ts");
  const binding = parseAwsBinding(file.bindings["aws"]);
  return awsClients(binding, binding[as], as === "read" ? 3 : 1);
}
