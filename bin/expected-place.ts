import type { EnvironmentFile } from "#kit/environment.ts";
import type { LockStore } from "#kit/journal.ts";

/**
 * Asks the place where locks live whether it is the one that the environment's file states; throws `environment-mismatch` when it is
 * another. Asked once: a yes is remembered, anything else is asked again.
 */
export function lockPlaceOf({ identity, bindings }: EnvironmentFile): () => Promise<void> {
  let asked: Promise<unknown> | undefined;
  const ask = async () => {
    const { clusterUid, databaseSystemId } = identity;
    await Promise.all([
      clusterUid === undefined || bindings["kubernetes-lease"] === undefined
        ? undefined
        : requireCluster(bindings["kubernetes-lease"], clusterUid),
      databaseSystemId === undefined || bindings["postgres"] === undefined
        ? undefined
        : requireServer(bindings["postgres"], databaseSystemId),
    ]);
  };
  return async () => {
    asked ??= ask();
    try {
      await asked;
    } catch (error) {
      asked = undefined;
      throw error;
    }
  };
}

/** Locks that are first taken when their place has proved to be the expected one; a wrong place is never written to. */
export function locksInPlace(locks: LockStore, inPlace: () => Promise<void>): LockStore {
  return {
    ...locks,
    async takeLock(...asked) {
      await inPlace();
      return locks.takeLock(...asked);
    },
  };
}

async function requireCluster(binding: unknown, expected: string): Promise<void> {
  const { requireCluster: require } = await import("#adapters/locks-kubernetes/identity.ts");
  const { parseLeaseLocksBinding } = await import("#adapters/locks-kubernetes/binding.ts");
  await require(parseLeaseLocksBinding(binding), expected);
}

async function requireServer(binding: unknown, expected: string): Promise<void> {
  const { requireServer: require } = await import("#adapters/locks-postgres/identity.ts");
  const { parsePostgresLocksBinding } = await import("#adapters/locks-postgres/binding.ts");
  await require(parsePostgresLocksBinding(binding), expected);
}
