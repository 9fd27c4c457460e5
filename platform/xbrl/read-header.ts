import type { FactPeriod } from "#rules/fact.ts";
import type { Names } from "./names.ts";
import type { ReadContext, ReadFault } from "./read-report.ts";

const uris = {
  link: "http://www.xbrl.org/2003/linkbase",
  xbrli: "http://www.xbrl.org/2003/instance",
  xbrldi: "http://xbrl.org/2006/xbrldi",
  xlink: "http://www.w3.org/1999/xlink",
} as const;

type OpenContext = {
  id: string;
  scheme: string;
  identifier: string;
  start: string;
  end: string;
  instant: string;
  dimensions: Record<string, string>;
  typed: Record<string, string>;
  inSegment: boolean;
};

/** Reads what a document's header defines: contexts, units and the taxonomy to which it refers. */
export class HeaderReader {
  readonly contexts = new Map<string, ReadContext>();
  readonly units = new Map<string, string>();
  readonly schemaRefs: string[] = [];
  readonly #names: Names;
  readonly #faults: ReadFault[];
  #context: OpenContext | undefined;
  #unit: { readonly id: string; readonly over: string[]; readonly under: string[] } | undefined;
  #isUnder = false;
  #typedAxis = "";

  constructor(names: Names, faults: ReadFault[]) {
    this.#names = names;
    this.#faults = faults;
  }

  /** Takes in the beginning of an element; returns its name when its end matters, otherwise nothing. */
  opened(uri: string, local: string, attributes: Readonly<Record<string, string>>): string {
    if (uri === uris.link && local === "schemaRef")
      this.schemaRefs.push(this.#names.attribute(attributes, uris.xlink, "href") ?? "");
    if (uri === uris.xbrldi && local === "typedMember")
      this.#typedAxis = this.#names.canonical(attributes["dimension"] ?? "");
    if (uri === uris.xbrldi) return local;
    if (uri !== uris.xbrli) return "";
    const id = attributes["id"] ?? "";
    if (local === "context")
      this.#context = {
        id,
        scheme: "",
        identifier: "",
        start: "",
        end: "",
        instant: "",
        dimensions: {},
        typed: {},
        inSegment: false,
      };
    if (local === "segment" && this.#context !== undefined) this.#context.inSegment = true;
    if (local === "unit") this.#unit = { id, over: [], under: [] };
    if (local === "unitDenominator") this.#isUnder = true;
    return local;
  }

  /** Takes in the end of an element, with the text that stood in it. */
  ended(local: string, attributes: Readonly<Record<string, string>>, inner: string): void {
    if (this.#context !== undefined) this.#inContext(this.#context, local, attributes, inner);
    if (this.#unit === undefined) return;
    if (local === "measure")
      (this.#isUnder ? this.#unit.under : this.#unit.over).push(this.#names.qualified(inner));
    if (local === "unitDenominator") this.#isUnder = false;
    if (local !== "unit") return;
    this.units.set(this.#unit.id, measured(this.#unit));
    this.#unit = undefined;
  }

  #inContext(
    context: OpenContext,
    local: string,
    attributes: Readonly<Record<string, string>>,
    inner: string,
  ): void {
    switch (local) {
      case "identifier":
        context.scheme = attributes["scheme"] ?? "";
        context.identifier = inner;
        break;
      case "startDate":
        context.start = inner;
        break;
      case "endDate":
        context.end = inner;
        break;
      case "instant":
        context.instant = inner;
        break;
      case "explicitMember":
        context.dimensions[this.#names.canonical(attributes["dimension"] ?? "")] =
          this.#names.qualified(inner);
        break;
      case "typedMember":
        context.typed[this.#typedAxis] = inner;
        break;
      case "context":
        this.contexts.set(context.id, this.#finished(context));
        this.#context = undefined;
        break;
      default:
    }
  }

  #finished({ start, end, instant, ...said }: OpenContext): ReadContext {
    const period: FactPeriod | undefined =
      instant !== "" ? { instant } : start !== "" && end !== "" ? { start, end } : undefined;
    if (period === undefined || said.identifier === "")
      this.#faults.push({
        code: "context-incomplete",
        id: said.id,
        sentence: `The context ${said.id} does not say ${said.identifier === "" ? "who reports" : "which period it is about"}.`,
      });
    return { ...said, period };
  }
}

/** A unit as text: factors in the order of the alphabet, what they are divided by behind a stroke. */
function measured({
  over,
  under,
}: {
  readonly over: readonly string[];
  readonly under: readonly string[];
}): string {
  const product = (of: readonly string[]): string => of.toSorted().join("*");
  return under.length === 0 ? product(over) : `${product(over)}/${product(under)}`;
}
