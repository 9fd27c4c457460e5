import type { ActivityRecord, FactorUse } from "../documents.ts";
import type { Cells } from "./cells.ts";
import { instruments } from "./columns.ts";
import type { FactorAnswer, FactorQuestion } from "./match-factor.ts";
import { quote, Rejection } from "./rejection.ts";

/** A row's own factor, which must name its source (ESRS E1 AR 39 b). */
export function ownFactor(cells: Cells): FactorUse {
  const value = cells.number("own_factor");
  const source = cells.text("own_factor_source");
  if (source === "")
    throw new Rejection(
      "value-missing",
      "own_factor_source",
      "an own factor needs its source.",
      "Name the publication and its year, so that the figure can be checked.",
    );
  const set =
    cells.text("own_factor_gwp") === "" ? "" : cells.choice("own_factor_gwp", ["ar4", "ar5", "ar6"]);
  return { kind: "own", kg_co2e: value, source, gwp_set: set.toUpperCase() };
}

/** The published factor that fits the row, or the rejection that says why none does. */
export function publishedFactor(
  question: FactorQuestion,
  answer: FactorAnswer,
  unitText: string,
): { readonly use: FactorUse; readonly average: boolean } {
  if ("factor" in answer)
    return { use: { kind: "catalogue", id: answer.factor.id }, average: answer.factor.region === "US" };
  const { scope, category, country, region, activity } = question;
  const others = answer.others.slice(0, 5).join(", ");
  switch (answer.none) {
    case "unit":
      throw new Rejection(
        "unit-wrong",
        "unit",
        `${quote(unitText)} does not measure ${quote(activity)}.`,
        `Use ${answer.others.join(" or ")}, or a unit that converts to it.`,
      );
    case "country":
      throw new Rejection(
        "factor-missing",
        "country",
        `there is no factor of ${quote(activity)} for ${country}, only for ${others}.`,
        "Give own_factor with own_factor_source for this row.",
      );
    case "region":
      throw new Rejection(
        "value-unknown",
        "region",
        `${quote(region)} is not an eGRID subregion.`,
        `Use one of ${answer.others.join(", ")}.`,
      );
    case "ambiguous":
      throw new Rejection(
        "activity-unknown",
        "activity",
        `${quote(activity)} could mean ${others}.`,
        "Write one of these.",
      );
    case "unknown":
      throw new Rejection(
        "activity-unknown",
        "activity",
        `${quote(activity)} is not an activity of scope ${scope}, category ${category}.`,
        others === ""
          ? "`csrd factors` lists the activities; or give own_factor with own_factor_source."
          : `Near to it: ${others}.`,
      );
  }
}

/** What a scope 2 row says about its contract; other scopes carry none (ESRS E1 AR 45 d). */
export function contractOf(
  scope: 1 | 2 | 3,
  cells: Cells,
): Pick<ActivityRecord, "instrument" | "market_factor"> {
  const none = /^(|none)$/i.test(cells.text("instrument"));
  if (scope !== 2 && !none)
    throw new Rejection(
      "value-unknown",
      "instrument",
      "only Scope 2 rows carry a contractual instrument.",
      "Empty the cell, or correct the scope.",
    );
  if (scope !== 2) return { instrument: "none" };
  const instrument = none ? "none" : cells.choice("instrument", Object.keys(instruments));
  if (cells.text("market_factor") === "") {
    if (none) return { instrument };
    throw new Rejection(
      "value-missing",
      "market_factor",
      `the contract ${instrument} needs its factor.`,
      "Give kg CO2e per unit as contracted, 0 for renewable supply.",
    );
  }
  const value = cells.number("market_factor");
  if (none)
    throw new Rejection(
      "value-missing",
      "instrument",
      "a market-based factor needs its contract.",
      "Name the instrument, for instance ppa or rego.",
    );
  if (cells.text("market_factor_source") === "")
    throw new Rejection(
      "value-missing",
      "market_factor_source",
      "a contracted factor needs its source.",
      "Name the contract or certificate.",
    );
  return { instrument, market_factor: { kg_co2e: value, source: cells.text("market_factor_source") } };
}
