import type { Scenarios } from "#runbooks/scenarios/scenario.ts";
import { apiService, type World } from "#runbooks/scenarios/world.ts";

/** The team's own service, as its environment file names it; in a rehearsal its instance is one of the world's machines. */
const services = [
  {
    name: "imports",
    url: "https://imports.example.com",
    group: apiService.group,
    instances: ["i-0a1"],
    firewallGroups: [],
    floor: 0,
  },
];

/** The importer's machine died, and nobody gets an answer. */
const dead = (world: World) => {
  const [machine] = world.machines;
  if (machine !== undefined) machine.mood = "dead";
  world.cutOff = true;
};

/** One situation per rule, and what can go wrong: ops --dir our-ops rehearse imports-stuck */
export const importsStuck: Scenarios = {
  "all-well": {
    title: "The importer answers",
    rule: "answers",
    outcome: "all-clear",
    services,
    prepare: () => undefined,
  },
  "silent-until-restarted": {
    title: "The importer gives no answer until it is restarted",
    rule: "silent",
    outcome: "solved",
    services,
    prepare(world) {
      dead(world);
      void (async () => {
        while (world.machines[0]?.mood !== "up") await world.clock.sleep(1_000);
        world.cutOff = false;
      })();
    },
  },
  "stays-silent": {
    title: "A restart does not help",
    rule: "silent",
    outcome: "not-verified",
    services,
    prepare: dead,
  },
};
