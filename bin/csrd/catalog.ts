import type { Command } from "commander";
import { paint } from "#kit/render/palette.ts";
import type { Screen } from "#kit/render/screen.ts";
import { clean, hang, labelled } from "#kit/render/width.ts";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { type Lookup, lookupOf } from "#platform/catalogue/lookup.ts";
import type { Axis, Concept, Datapoint, Reference } from "#platform/catalogue/model.ts";
import { type Hit, searchCatalogue } from "#platform/catalogue/search.ts";
import { CsrdError } from "#platform/errors.ts";
import { print, terminal } from "./terminal.ts";

type SearchOptions = {
  readonly standard?: string;
  readonly type?: string;
  readonly limit: string;
  readonly json?: true;
};

/** `csrd catalog`: what the standard asks for, and what may be written for it. */
export function register(program: Command): void {
  const catalog = program
    .command("catalog")
    .description("search the standard's datapoints and concepts, or show one");
  catalog
    .command("search")
    .description("find datapoints and concepts by words, id or paragraph")
    .argument("<words...>", "all of them must be found")
    .option("--standard <name>", 'only this standard: E1 to E5, S1 to S4, G1, "ESRS 2"')
    .option("--type <name>", "only this kind: monetary, percent, textBlock …")
    .option("--limit <count>", "most to show", "20")
    .option("--json", "one JSON object per line")
    .action(search);
  catalog
    .command("show")
    .description("show one: what it is, where it is asked for, its unit, and what it may be broken down by")
    .argument("<id>", "an IG 3 id such as E1-5_01, or a concept's name")
    .option("--json", "one JSON object")
    .action(show);
}

async function search(words: readonly string[], options: SearchOptions): Promise<void> {
  const limit = Math.max(1, Math.trunc(Number(options.limit)) || 20);
  const { standard, type, json } = options;
  const hits = searchCatalogue(await loadCatalogue(), words.join(" "), {
    limit: limit + 1,
    ...(standard === undefined ? {} : { standard }),
    ...(type === undefined ? {} : { type }),
  });
  const shown = hits.slice(0, limit);
  if (json === true) {
    process.stdout.write(
      shown
        .map((hit) => `${JSON.stringify(hit.kind === "concept" ? hit.concept : hit.datapoint)}\n`)
        .join(""),
    );
    return;
  }
  const { screen } = terminal();
  if (shown.length === 0) {
    print([
      "Nothing in ESRS Set 1 has all of these words. Fewer words, or csrd catalog show <id>, may find it.",
    ]);
    process.exitCode = 2;
    return;
  }
  print([
    ...shown.flatMap((hit) => hitLines(screen, hit)),
    ...(hits.length > shown.length ? [`More than ${limit} are found; add words, or --limit.`] : []),
  ]);
}

function hitLines(screen: Screen, hit: Hit): readonly string[] {
  if (hit.kind === "datapoint") {
    const { id, standard, disclosure, paragraph } = hit.datapoint;
    return hang(screen, id.padEnd(12), `${standard} ${disclosure} paragraph ${paragraph}`);
  }
  const { concept, label, disclosure, datapoint_ids, unit, type } = hit.concept;
  const first = paint(screen, "strong", (datapoint_ids[0] ?? disclosure).padEnd(12));
  return [
    ...hang(screen, first, `${label} (${unit === "" ? type : unit})`),
    ...hang(screen, " ".repeat(12), concept, "muted"),
  ];
}

async function show(id: string, { json }: { readonly json?: true }): Promise<void> {
  const lookup = lookupOf(await loadCatalogue());
  const datapoint = lookup.datapoint(id) ?? lookup.datapoint(id.toUpperCase());
  const named = lookup.concept(id);
  const concepts =
    named === undefined ? (datapoint === undefined ? [] : lookup.conceptsOf(datapoint.id)) : [named];
  if (datapoint === undefined && concepts.length === 0)
    throw new CsrdError("metric-unknown", {
      summary: `ESRS Set 1 has no datapoint and no concept called ${JSON.stringify(id.slice(0, 80))}.`,
      hint: "`csrd catalog search <words>` finds them.",
    });
  if (json === true) {
    process.stdout.write(
      `${JSON.stringify({ datapoint, concepts: concepts.map((concept) => ({ ...concept, axes: lookup.axesOf(concept.concept), values: lookup.valuesOf(concept.concept) })) })}\n`,
    );
    return;
  }
  const { screen } = terminal();
  print([
    ...(datapoint === undefined ? [] : datapointLines(screen, datapoint, concepts.length)),
    ...concepts.flatMap((concept) => conceptLines(screen, lookup, concept)),
  ]);
}

function datapointLines(screen: Screen, datapoint: Datapoint, concepts: number): readonly string[] {
  const { id, disclosure, paragraph, related_ar, voluntary, conditional, appendix_b } = datapoint;
  const phases = [datapoint.phase_in, datapoint.phase_in_up_to_750].filter((text) => text !== "");
  return [
    paint(screen, "strong", id),
    ...labelled(
      screen,
      "Asked by",
      `${disclosure}, paragraph ${paragraph}${related_ar === "" ? "" : `, ${related_ar}`}`,
    ),
    ...labelled(
      screen,
      "Kind",
      `${clean(datapoint.data_type, 60)}${voluntary ? "; voluntary" : ""}${conditional === "" ? "" : `; ${conditional}`}`,
    ),
    ...(appendix_b === "" ? [] : labelled(screen, "Other law", clean(appendix_b, 300))),
    ...(phases.length === 0 ? [] : labelled(screen, "Phase-in", clean([...new Set(phases)].join("; "), 300))),
    ...(concepts === 0 ? ["The taxonomy has no element for it; it is reported in the text."] : []),
  ];
}

function conceptLines(screen: Screen, lookup: Lookup, concept: Concept): readonly string[] {
  const values = lookup.valuesOf(concept.concept);
  const axes = lookup.tablesOf(concept.concept).flatMap((table) => table.axes);
  const own = [...new Map(axes.map((axis) => [axis.axis, axis])).values()];
  return [
    "",
    ...hang(screen, "", concept.label, "strong"),
    ...labelled(screen, "Concept", `esrs:${concept.concept}`),
    ...(concept.datapoint_ids.length === 0 ? [] : labelled(screen, "IG 3", concept.datapoint_ids.join(", "))),
    ...labelled(
      screen,
      "Written as",
      `${concept.type}${concept.unit === "" ? "" : ` in ${concept.unit}`}, ${concept.period === "instant" ? "at the period's end" : "over the period"}${concept.voluntary ? "; voluntary" : ""}`,
    ),
    ...labelled(screen, "Asked by", [...new Set(concept.references.map(place))].join("; ")),
    ...(concept.phase_in.length === 0 ? [] : labelled(screen, "Phase-in", concept.phase_in.join("; "))),
    ...(concept.eu_law.length === 0
      ? []
      : labelled(
          screen,
          "Other law",
          [...new Set(concept.eu_law.map(({ law, part }) => `${law} ${part}`))].join("; "),
        )),
    ...(values.length === 0 ? [] : labelled(screen, "Values", cut(values))),
    ...own.flatMap((axis) => labelled(screen, "Broken down", axisText(axis))),
    ...lookup
      .totalsOf(concept.concept)
      .flatMap(({ items }) =>
        labelled(
          screen,
          "Sum of",
          items.map((item) => `${item.weight === 1 ? "" : `${item.weight} × `}${item.concept}`).join(" + "),
        ),
      ),
  ];
}

function place({ disclosure, paragraph, related_ar, obligation }: Reference): string {
  return `${disclosure} paragraph ${paragraph}${related_ar === "" ? "" : ` (${related_ar})`}: ${obligation}`;
}

function axisText({ axis, typed, members, default: usual }: Axis): string {
  if (typed) return `${axis}=<free text>`;
  return `${axis}: ${cut(members)}${usual === "" ? "" : ` (left out: ${usual})`}`;
}

function cut(names: readonly string[]): string {
  return names.length > 12
    ? `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`
    : names.join(", ");
}
