import { z } from "zod";
import { defineAction } from "#kit";
import type { Readers, Target } from "#kit/ports.ts";

/** One instance of a service, by its own id and the name people know it by. */
const OneInstance = z.strictObject({
  service: z.string(),
  id: z.string(),
  name: z.string(),
});

/**
 * Reboots one instance and waits until the load balancer calls it healthy.
 * An instance that serves again by the time it is its turn is left alone, so this never takes capacity away.
 * Source: csrd-operations-manual "Runbook: Platform Down", step 5, done one instance at a time.
 */
export const restartInstance = defineAction({
  title: "Restart one instance",
  input: OneInstance,
  risk: "disruptive",
  label: ({ name }) => `Restart ${name}`,
  preview: ({ id, name }) => `reboot ${name} (${id}), then wait until the load balancer calls it healthy`,
  targets: ({ name }) => [name],
  within: "restart",
  async before(input, { balancer, inventory }) {
    const { target, serving } = await look(input, { balancer, inventory });
    return { health: target?.health ?? "unused", serving };
  },
  async run({ id }, { instanceAdmin, before }) {
    if (before.health === "healthy") return;
    await instanceAdmin.reboot(id);
  },
  async confirm(input, before, { balancer, inventory }) {
    const { target, serving, of } = await look(input, { balancer, inventory });
    if (target === undefined)
      return {
        met: false,
        saw: "not registered",
        hopeless: `${input.name} is not registered with the load balancer.`,
      };
    if (target.health === "healthy")
      return { met: true, saw: `${input.name} healthy, ${before.serving} → ${serving} of ${of} serving` };
    return {
      met: false,
      saw: `${input.name} ${target.health}${target.reason === undefined ? "" : ` (${target.reason})`}`,
    };
  },
  async settle(input, _before, { balancer, inventory, instances }) {
    const { target } = await look(input, { balancer, inventory });
    if (target?.health === "healthy") return { outcome: "done", because: `${input.name} is healthy` };
    const [instance] = await instances.describe([input.id]);
    if (instance?.check === "initializing" || target?.health === "initial")
      return { outcome: "done", because: `${input.name} is starting` };
    return {
      outcome: "not-done",
      because: `${input.name} is still out of service, and restarting it again removes nothing`,
    };
  },
});

/** The instance as the balancer sees it now, and how many serve. */
async function look(
  { service, id }: z.infer<typeof OneInstance>,
  { balancer, inventory }: Pick<Readers, "balancer" | "inventory">,
): Promise<{ readonly target: Target | undefined; readonly serving: number; readonly of: number }> {
  const { group, instances } = inventory.service(service);
  const targets = group === undefined ? [] : await balancer.targets(group);
  return {
    target: targets.find((one) => one.instance === id),
    serving: targets.filter((one) => one.health === "healthy").length,
    of: instances.length,
  };
}
