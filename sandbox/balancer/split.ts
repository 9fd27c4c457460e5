/** A share of traffic: what it belongs to, and its weight beside the others. */
export type Share<Name> = { readonly name: Name; readonly weight: number };

/**
 * Hands out names in proportion to their weights, spread as evenly as possible: 3 to 1 gives a a b a, never a a a b.
 * A weight of zero gets nothing; when every weight is zero the answer is undefined.
 */
export function createSplit<Name>(shares: readonly Share<Name>[]): () => Name | undefined {
  const standing = shares.filter(({ weight }) => weight > 0).map((share) => ({ ...share, credit: 0 }));
  const total = standing.reduce((sum, { weight }) => sum + weight, 0);
  return () => {
    let best: (typeof standing)[number] | undefined;
    for (const share of standing) {
      share.credit += share.weight;
      if (best === undefined || share.credit > best.credit) best = share;
    }
    if (best === undefined) return undefined;
    best.credit -= total;
    return best.name;
  };
}
