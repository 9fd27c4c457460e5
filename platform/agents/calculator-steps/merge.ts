import { agree, type Figure, Figures } from "./figures.ts";

/** Brings the figures of activities and of rows together; where both give one, that of the activities counts, and another one is said. */
export function merge(
  activities: readonly Figure[],
  rows: readonly Figure[],
): { readonly figures: Figures; readonly warnings: readonly string[] } {
  const figures = new Figures();
  const warnings: string[] = [];
  for (const figure of activities) figures.set(figure);
  for (const figure of rows) {
    const held = figures.at(figure.name, figure.place);
    if (held === undefined) figures.set(figure);
    else if (held.origin === "activities") {
      if (figure.value !== undefined && agree(held, figure)) continue;
      warnings.push(
        `${held.id}: the activities make it ${text(held)}, ${figure.rows === 1 ? "a row gives" : `${figure.rows} rows give`} ${text(figure)}; that of the activities is reported.`,
      );
    } else {
      figures.set(figure);
      warnings.push(
        `${held.id} is given in two units, ${held.unit} and ${figure.unit}; both are kept, and no formula uses it.`,
      );
    }
  }
  return { figures, warnings };
}

const text = ({ value, decimals, unit }: Figure): string => `${value?.toFixed(decimals) ?? "nil"} ${unit}`;
