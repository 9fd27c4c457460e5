import { describe, expect, test } from "vitest";
import { extendedLinks, nameOf } from "#platform/agents/audit-steps/derive-linkbase.ts";
import { deriveValue, type MemberTree } from "#platform/agents/audit-steps/derive-values.ts";
import { below, readXml } from "#platform/agents/audit-steps/xml-tree.ts";

const resource = (tag: string, label: string, attributes: string, body = ""): string =>
  `<${tag} xlink:type="resource" xlink:label="${label}" ${attributes}>${body}</${tag}>`;
const arc = (role: string, from: string, to: string, attributes = ""): string =>
  `<arc xlink:type="arc" xlink:arcrole="http://xbrl.org/arcrole/2008/${role}" xlink:from="${from}" xlink:to="${to}" ${attributes}/>`;
const linkbase = (...parts: readonly string[]): string =>
  `<linkbase xmlns:xlink="http://www.w3.org/1999/xlink"><link xlink:type="extended" xlink:role="r">${parts.join("")}</link></linkbase>`;
const dimension = (member = ""): string => `<dimension><qname>esrs:GenderAxis</qname></dimension>${member}`;
const child = "<member><variable>v2</variable><linkrole>role-1</linkrole><axis>child</axis></member>";

const trees: ReadonlyMap<string, MemberTree> = new Map([
  [
    "role-1",
    {
      domains: new Map([["esrs:GenderAxis", ["esrs:GenderMember"]]]),
      children: new Map([
        ["esrs:GenderMember", ["esrs:FemaleMember", "esrs:MaleMember"]],
        ["esrs:TableAbstract", ["esrs:LineItems"]],
      ]),
    },
  ],
]);

function derived(test: string, more = ""): ReturnType<typeof deriveValue> {
  const [link] = extendedLinks(
    linkbase(
      resource("valueAssertion", "a", `id="va_1" test="${test}"`),
      resource("factVariable", "f1", 'bindAsSequence="true"'),
      resource("factVariable", "f2", ""),
      arc("variable-set", "a", "f1", 'name="v1"'),
      arc("variable-set", "a", "f2", 'name="v2"'),
      resource("explicitDimension", "d1", "", dimension(child)),
      resource("explicitDimension", "d2", "", dimension()),
      arc("variable-filter", "f1", "d1"),
      arc("variable-filter", "f2", "d2"),
      more,
    ),
  );
  const assertion = link?.resources.get("a")?.[0];
  if (link === undefined || assertion === undefined) throw new Error("no assertion");
  return deriveValue(link, assertion, "WARNING", trees);
}

describe("a value assertion of the taxonomy becomes data", () => {
  test("with the members that its network gives the axis, and no other names of that network", () => {
    const group = [
      resource("orFilter", "o", ""),
      resource("conceptName", "c1", "", "<concept><qname>esrs:NumberOfEmployees</qname></concept>"),
      resource("conceptName", "c2", "", "<concept><qname>esrs:NumberOfLeavers</qname></concept>"),
      arc("variable-set-filter", "a", "o"),
      arc("boolean-filter", "o", "c1"),
      arc("boolean-filter", "o", "c2"),
      resource("explicitDimension", "x", "", dimension("<member><qname>esrs:MaleMember</qname></member>")),
      arc("variable-set-filter", "a", "x", 'complement="true"'),
    ].join("");

    expect(derived("$v2 = sum($v1)", group)).toEqual({
      kind: "breakdown",
      id: "va_1",
      severity: "WARNING",
      axis: "GenderAxis",
      concepts: ["NumberOfEmployees", "NumberOfLeavers"],
      without_members: ["esrs:MaleMember"],
      children: { "esrs:GenderMember": ["esrs:FemaleMember", "esrs:MaleMember"] },
      sum: "parent",
    });
  });

  test("and is refused when its test is of a kind that is not known, so that a new release is not half understood", () => {
    expect(() => derived("$v2 = avg($v1)")).toThrow(
      "va_1: a test of a kind that is not known ($v2 = avg($v1))",
    );
  });
});

test("a linkbase is read without its prefixes, comments left out, names from its locators", () => {
  const tree = readXml(
    "<a:x xmlns:a='u'><!-- <a:gone/> --><a:loc href='cor.xsd#esrs_FemaleMember'>t</a:loc></a:x>",
  );

  expect([...below(tree)].map(({ name, text }) => [name, text])).toEqual([["loc", "t"]]);
  expect(
    nameOf({
      name: "loc",
      attributes: { "xlink:href": "cor.xsd#esrs_FemaleMember" },
      children: [],
      text: "",
    }),
  ).toBe("esrs:FemaleMember");
  expect(() => readXml("<a><b></a>")).toThrow(/unexpected close tag/i);
});
