/** Datapoints whose concepts neither their id nor their paragraph leads to, matched by reading the standard. */
export const matchedByHand: Readonly<Record<string, readonly string[]>> = {
  "E1-6_07": ["GrossScope1GreenhouseGasEmissions"],
};
