import { Problem } from "../service/problem.ts";

/** A bounded number of things at once, per tenant and in this process. */
export type Seats = {
  /** Takes a seat; gives the way to leave it, once. Throws `too-many-at-once` for the tenant, `busy` for the process. */
  take(tenant: string): () => void;
  taken(): number;
};

/** Seats for what is called `what` in refusals. */
export function seats(what: string, most: { readonly each: number; readonly all: number }): Seats {
  const byTenant = new Map<string, number>();
  let all = 0;
  return {
    take: (tenant) => {
      const own = byTenant.get(tenant) ?? 0;
      if (own >= most.each)
        throw new Problem("too-many-at-once", `${own} ${what} are under way; wait until one has ended.`);
      if (all >= most.all)
        throw new Problem("busy", `This server has ${all} ${what} in hand; try again shortly.`);
      byTenant.set(tenant, own + 1);
      all += 1;
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        all -= 1;
        const left = (byTenant.get(tenant) ?? 1) - 1;
        if (left === 0) byTenant.delete(tenant);
        else byTenant.set(tenant, left);
      };
    },
    taken: () => all,
  };
}
