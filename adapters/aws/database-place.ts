import { lookup } from "node:dns/promises";
import { OpsError } from "#kit/errors.ts";
import type { FailoverAdmin } from "#kit/ports/replication.ts";
import { act, look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { describeInstances } from "./instances.ts";
import { ec2Sdk } from "./sdk.ts";

/** One IP address that route tables lead to the instance of the primary. Source: VPC user guide, "Route tables"; ReplaceRoute is atomic in each. */
export type RoutedAddress = { readonly routeTables: readonly string[]; readonly destination: string };

/** A database server and the instance that it is said to run on. */
export type PlacedServer = {
  readonly name: string;
  readonly instance: string | undefined;
  /** Host of its own address. */
  readonly host: () => Promise<string>;
};

/** The instance that every table leads the address to; undefined when they do not agree, or one leads it nowhere. */
export async function routedTo(
  clients: AwsClients,
  { routeTables, destination }: RoutedAddress,
): Promise<string | undefined> {
  const { DescribeRouteTablesCommand } = await ec2Sdk();
  const client = await clients.ec2();
  const { RouteTables = [] } = await look(clients, { service: "ec2", action: "DescribeRouteTables" }, () =>
    client.send(new DescribeRouteTablesCommand({ RouteTableIds: [...routeTables] })),
  );
  const instances = new Set(
    RouteTables.map(
      ({ Routes = [] }) => Routes.find((route) => route.DestinationCidrBlock === destination)?.InstanceId,
    ),
  );
  const [one] = instances;
  return instances.size === 1 && RouteTables.length === routeTables.length ? one : undefined;
}

/** Stops the machine of a server, and moves the address; each is the same when it is asked for twice. */
export function databaseHands(
  clients: AwsClients,
  servers: readonly PlacedServer[],
  address: RoutedAddress | undefined,
): Pick<FailoverAdmin, "fence" | "moveAddress"> {
  const placed = (name: string) => {
    const server = servers.find((one) => one.name === name);
    if (server?.instance !== undefined) return { ...server, instance: server.instance };
    throw new OpsError("tool-refused", {
      summary: `The environment names no EC2 instance for the database server ${name}.`,
      hint: "Add it to bindings.database.servers. A managed database (RDS) fails over by itself or by its own command, which fences for you.",
    });
  };
  return {
    async fence(name) {
      const { instance, host } = placed(name);
      await requireSamePlace(clients, name, instance, await host());
      const { StopInstancesCommand } = await ec2Sdk();
      const client = await clients.ec2();
      // By force: what hangs does not shut down in order, and PostgreSQL keeps what it committed through a loss of power.
      await act(clients, { service: "ec2", action: "StopInstances" }, () =>
        client.send(new StopInstancesCommand({ InstanceIds: [instance], Force: true })),
      );
    },
    async moveAddress(to) {
      if (address === undefined)
        throw new OpsError("tool-refused", {
          summary: "The database's address is not ours to move.",
          hint: "Name its route tables in bindings.database.address, or move the name or the proxy by hand.",
        });
      const { instance } = placed(to);
      const { ReplaceRouteCommand } = await ec2Sdk();
      const client = await clients.ec2();
      for (const table of address.routeTables)
        await act(clients, { service: "ec2", action: "ReplaceRoute" }, () =>
          client.send(
            new ReplaceRouteCommand({
              RouteTableId: table,
              DestinationCidrBlock: address.destination,
              InstanceId: instance,
            }),
          ),
        );
    },
  };
}

/** A wrong id in the file would stop a wrong machine, and prove nothing: the instance must have the address that the server answers from. */
async function requireSamePlace(
  clients: AwsClients,
  name: string,
  instance: string,
  host: string,
): Promise<void> {
  const [described] = await describeInstances(clients, [instance]);
  const own = new Set(
    [
      described?.PrivateIpAddress,
      described?.PublicIpAddress,
      ...(described?.NetworkInterfaces ?? []).flatMap(({ PrivateIpAddresses = [] }) =>
        PrivateIpAddresses.map(({ PrivateIpAddress }) => PrivateIpAddress),
      ),
    ].filter((address) => address !== undefined),
  );
  const addresses = (await lookup(host, { all: true }).catch(() => [])).map((one) => one.address);
  if (addresses.some((one) => own.has(one))) return;
  throw new OpsError("tool-refused", {
    summary: `${instance} was not stopped: ${name} answers from ${host}, and that is none of the instance's addresses.`,
    hint: "Correct bindings.database.servers: each server with the instance that it really runs on.",
  });
}
