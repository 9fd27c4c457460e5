import { kubernetesOperators } from "#adapters/kubernetes/operators.ts";
import { kubernetesReaders } from "#adapters/kubernetes/readers.ts";
import { kubernetesService, practiceWorld } from "#test/contracts/kubernetes-standin.ts";
import { workloadContract, type WorkloadWorld } from "#test/contracts/workloads.ts";

async function standinWorld(): Promise<WorkloadWorld> {
  let world = await practiceWorld();
  const readers = () => kubernetesReaders(world.binding);
  const operators = () => kubernetesOperators(world.binding);
  let restarted: string[] = [];
  // A name of a pod is only used once, so that whoever was ended is told by the calls that ended it.
  const ended = () =>
    world.standin.calls.flatMap(({ path, verb, status }) => {
      const name = /\/pods\/([^/]+)(\/eviction)?$/.exec(path)?.[1];
      const done = status === 200 || status === 201 || status === "dropped";
      return name !== undefined && done && (verb === "delete" || verb === "create") ? [name] : [];
    });
  return {
    get workloads() {
      return readers().workloads;
    },
    get admin() {
      return operators().workloadAdmin;
    },
    get hosts() {
      return readers().hosts;
    },
    service: kubernetesService,
    elsewhere: { ...kubernetesService, workload: "csrd-nothing" },
    nameless: { ...kubernetesService, workload: undefined },
    boundlessBeyondTheFile: true,
    trouble: {
      throttle: (times) => world.standin.faults.add({ action: "get", kind: "too-many", times }),
      fail: (times) => world.standin.faults.add({ action: "get", kind: "unavailable", times }),
      loseReply: (of) =>
        world.standin.faults.add({
          action: of === "scale" ? "update" : "delete",
          kind: "reply-lost",
          times: 1,
        }),
      ignore: () => world.standin.limitPods(2),
      sicken: (unit) => {
        const pod = world.node.pods.get(unit);
        if (pod !== undefined) pod.ready = false;
      },
      restarted: () => [...restarted, ...ended()],
    },
    reset: async () => {
      restarted = [];
      await world.close();
      world = await practiceWorld();
    },
    close: () => world.close(),
  };
}

workloadContract("Kubernetes, the stand-in", standinWorld);
