import type { Cloud, CloudDatabase } from "../../cloud.ts";
import type { Parameters } from "./parameters.ts";
import { ServiceError } from "./service-error.ts";
import { items, type Xml } from "./xml.ts";

type Context = { readonly cloud: Cloud; readonly given: Parameters };

/** EC2's calls by which a database is failed over: a machine is stopped, and a route is led to another one. Only the database's own are known. */
export const databaseActions: Readonly<Record<string, (context: Context) => Promise<Xml>>> = {
  async StopInstances({ cloud, given }) {
    const ids = given.list("InstanceId");
    given.flag("Force");
    given.done();
    if (ids.length === 0)
      throw new ServiceError("MissingParameter", "The request must contain the parameter InstanceId");
    const all = await cloud.instances();
    const wanted = ids.map((id) => {
      if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
        throw new ServiceError("InvalidInstanceID.Malformed", `Invalid id: "${id}"`);
      const instance = all.find((one) => one.id === id);
      if (instance !== undefined) return instance;
      throw new ServiceError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
    });
    const { database } = cloud;
    // The practice cloud stops no machine of the platform's own processes: nothing would start it again.
    const other = wanted.find(({ tags }) => tags["csrd:service"] !== "database");
    if (database === undefined || other !== undefined)
      throw new ServiceError(
        "UnsupportedOperation",
        `The instance '${other?.id ?? ids[0] ?? ""}' does not support the operation stop.`,
      );
    for (const { id } of wanted) await database.stop(id);
    const after = await cloud.instances();
    return {
      instancesSet: items(
        wanted.map(({ id, state }) => ({
          instanceId: id,
          currentState: stateOf(after.find((one) => one.id === id)?.state ?? "stopping"),
          previousState: stateOf(state),
        })),
      ),
    };
  },

  async DescribeRouteTables({ cloud, given }) {
    const ids = given.list("RouteTableId");
    given.done();
    const database = routed(cloud, ids);
    const { destination, instance } = await database.route();
    return {
      routeTableSet: items([
        {
          routeTableId: database.routeTable,
          routeSet: items([
            {
              destinationCidrBlock: destination,
              instanceId: instance,
              instanceOwnerId: cloud.account,
              state: "active",
              origin: "CreateRoute",
            },
          ]),
        },
      ]),
    };
  },

  async ReplaceRoute({ cloud, given }) {
    const table = given.required("RouteTableId");
    const destination = given.required("DestinationCidrBlock");
    const instance = given.required("InstanceId");
    given.done();
    const database = routed(cloud, [table]);
    if (destination !== (await database.route()).destination)
      throw new ServiceError(
        "InvalidParameterValue",
        `There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`,
      );
    if (!(await cloud.instances()).some(({ id }) => id === instance))
      throw new ServiceError("InvalidInstanceID.NotFound", `The instance ID '${instance}' does not exist`);
    await database.replaceRoute(instance);
    return { return: true };
  },
};

function routed({ database }: Cloud, ids: readonly string[]): CloudDatabase {
  const missing = ids.find((id) => id !== database?.routeTable);
  if (database !== undefined && missing === undefined) return database;
  throw new ServiceError(
    "InvalidRouteTableID.NotFound",
    `The routeTable ID '${missing ?? ""}' does not exist`,
  );
}

const stateCodes = { pending: 0, running: 16, stopping: 64, stopped: 80 } as const;

function stateOf(name: keyof typeof stateCodes) {
  return { code: stateCodes[name], name };
}
