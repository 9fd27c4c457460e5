import {
  fail,
  notApplicable,
  notEvaluated,
  pass,
  type Verdict,
  verdict,
  warn,
} from "#rules/compliance-rule.ts";
import type { AuditSubject, WrittenPackage } from "#rules/compliance-subject.ts";

/** What inline XBRL 1.1, the Transformation Registry and Report Packages 1.0 demand of the document and its package. */
export const documentTests = {
  doctype: ({ document }: AuditSubject): Verdict =>
    document.hasDoctype ? fail("the document declares a DOCTYPE") : pass("no DOCTYPE, no entities"),
  encoding: ({ document: { encoding } }: AuditSubject): Verdict =>
    encoding === "" || encoding.toUpperCase() === "UTF-8"
      ? pass(encoding === "" ? "UTF-8 by default" : encoding)
      : fail(`the document is declared as ${encoding}`),
  language({ document: { root, facts } }: AuditSubject): Verdict {
    const texts = facts.filter(({ numeric, value }) => !numeric && value !== undefined);
    if (root.language === "" && texts.some(({ language }) => language === ""))
      return fail("neither the page nor each text says its language");
    return pass(root.language === "" ? "each text says its language" : `the page is in ${root.language}`);
  },
  active: ({ document: { active } }: AuditSubject): Verdict =>
    active.length === 0
      ? pass("nothing in the page runs or is fetched")
      : fail(`the page holds ${active.slice(0, 5).join(", ")}`),
  "hidden-shown"({ document: { facts, hiddenShown } }: AuditSubject): Verdict {
    const hidden = facts.filter((fact) => fact.hidden && fact.value !== undefined);
    if (hidden.length === 0) return notApplicable("no fact is hidden");
    const unseen = hidden.filter(({ id }) => !hiddenShown.has(id));
    // A date, a yes or no, or a list has no transformation that would let it be shown as a sentence.
    return unseen.length === 0
      ? pass(`${hidden.length} hidden facts are pointed to from where they are shown`)
      : warn(
          `${unseen.length} of ${hidden.length} hidden facts are shown nowhere: ${unseen
            .slice(0, 3)
            .map(({ concept }) => concept)
            .join(", ")}`,
        );
  },
  namespaces({ document: { namespaces }, taxonomy }: AuditSubject): Verdict {
    return Object.values(namespaces).includes(taxonomy.namespace)
      ? pass(taxonomy.namespace)
      : fail(`the page does not declare ${taxonomy.namespace}`);
  },
  segments({ document: { contexts } }: AuditSubject): Verdict {
    return verdict(
      contexts,
      contexts.filter(({ inSegment }) => inSegment),
      ({ id }) => id,
      "contexts keep their breakdown in the scenario",
    );
  },
  "fact-ids"({ document: { facts } }: AuditSubject): Verdict {
    return verdict(
      facts,
      facts.filter(({ id }) => id === ""),
      ({ concept }) => concept,
      "facts can be pointed to by an id",
    );
  },
  "text-escaped"({ document: { facts }, concepts }: AuditSubject): Verdict {
    const blocks = facts.filter(
      ({ concept, value }) => value !== undefined && concepts.get(concept)?.type === "textBlock",
    );
    return verdict(
      blocks,
      blocks.filter(({ escape }) => !escape),
      ({ concept }) => concept,
      "text blocks keep their markup",
    );
  },
  "numbers-have-decimals"({ document: { facts } }: AuditSubject): Verdict {
    const numbers = facts.filter(({ numeric, value }) => numeric && value !== undefined);
    return verdict(
      numbers,
      numbers.filter(({ decimalsGiven }) => decimalsGiven === ""),
      ({ concept }) => concept,
      "numbers say to how many decimals they are stated",
    );
  },
  "footnotes-said"({ document: { footnotes } }: AuditSubject): Verdict {
    return verdict(
      footnotes,
      footnotes.filter(({ text, facts }) => text.trim() === "" || facts.length === 0),
      ({ text }) => text.slice(0, 40) || "an empty footnote",
      "footnotes say something about a fact",
    );
  },
  "json-same": ({ json }: AuditSubject): Verdict =>
    json === "missing"
      ? notEvaluated("there is no xBRL-JSON file to look at")
      : json === "same"
        ? pass("the xBRL-JSON file says what the document says")
        : fail("the xBRL-JSON file says something else than the document"),
  "package-there": inPackage(({ paths }) =>
    paths.length > 0 ? pass(`${paths.length} files`) : fail("the report package cannot be opened"),
  ),
  "package-paths": inPackage(({ paths }) => {
    const tops = new Set(paths.map((path) => path.split("/")[0] ?? ""));
    if (tops.size !== 1) return fail(`${tops.size} folders at the top: ${[...tops].slice(0, 3).join(", ")}`);
    const wrong = paths.filter((path) => path.includes("..") || path.includes("\\") || path.startsWith("/"));
    return wrong.length === 0
      ? pass(`one folder, ${[...tops][0] ?? ""}`)
      : fail(`paths that lead out: ${wrong.join(", ")}`);
  }),
  "package-entry": inPackage(({ paths, texts }) => {
    const meta = paths.find((path) => path.endsWith("/META-INF/reportPackage.json"));
    if (meta === undefined) return fail("META-INF/reportPackage.json is missing");
    const reports = paths.filter((path) => /\/reports\/[^/]+\.(xhtml|html|json)$/.test(path));
    const type = /"documentType"\s*:\s*"([^"]*)"/.exec(texts[meta] ?? "")?.[1] ?? "";
    if (reports.length !== 1) return fail(`${reports.length} reports under reports/`);
    return type === "https://xbrl.org/report-package/2023/xbri"
      ? pass(`an inline report package with ${reports[0] ?? ""}`)
      : fail(`documentType is ${type || "not said"}`);
  }),
  "package-same": inPackage(({ sameReport }) =>
    sameReport
      ? pass("the packed report is the one that was judged")
      : fail("the packed report is another than the one judged"),
  ),
} as const;

function inPackage(test: (held: WrittenPackage) => Verdict): (subject: AuditSubject) => Verdict {
  return (subject) =>
    subject.package === undefined
      ? notEvaluated("there is no report package to look at")
      : test(subject.package);
}
