import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { clean, displayWidth, truncate } from "./width.ts";

/** What says which environment this is. */
export type Place = { readonly tier: string; readonly environment: Readonly<Record<string, string>> };

/** The environment's name, as it is typed to approve. */
export function environmentName({ tier, environment }: Place): string {
  return environment["name"] ?? tier;
}

/** The environment's word: the name where it says more than the tier. */
function environmentTag(screen: Screen, place: Place): string {
  const word = clean(environmentName(place), 30).toUpperCase();
  if (place.tier === "production") return paint(screen, "production", word);
  if (place.tier === "staging") return paint(screen, "staging", word);
  return paint(screen, "strong", word);
}

/** The first line of every view: which environment, its identity, and something at the right edge (who you are, when it was looked at). */
export function band(screen: Screen, place: Place, right = ""): readonly string[] {
  const columns = Math.min(screen.columns, 80);
  const tag = environmentTag(screen, place);
  const facts = Object.entries(place.environment)
    .filter(([key]) => key !== "name")
    .map(([, value]) => clean(value, 40))
    .join(" ");
  const tier =
    place.tier === environmentName(place) || place.tier === "production" ? "" : `${clean(place.tier, 20)} `;
  const left =
    `${tag}  ${truncate(screen, `${tier}${facts}`.trim(), Math.max(0, columns - displayWidth(tag) - 2))}`.trimEnd();
  const gap = columns - displayWidth(left) - displayWidth(right);
  if (right === "") return [left];
  if (gap >= 2) return [`${left}${" ".repeat(gap)}${right}`];
  return [left, truncate(screen, right, columns)];
}
