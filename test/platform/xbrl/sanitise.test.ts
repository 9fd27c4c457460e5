import * as fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, test } from "vitest";
import { sanitised } from "#platform/xbrl/sanitise.ts";

describe("what comes into a text block", () => {
  test.for([
    ["plain text becomes a paragraph", "Two & two < five", "<p>Two &amp; two &lt; five</p>"],
    ["empty lines part paragraphs", "one\n\ntwo", "<p>one</p><p>two</p>"],
    [
      "well-formed XHTML stays",
      "<p>a <b>b</b><br/>c</p><ul><li>d</li></ul>",
      "<p>a <b>b</b><br/>c</p><ul><li>d</li></ul>",
    ],
    ["a script goes with all it holds", "<p>a</p><script>alert(1)</script><p>b</p>", "<p>a</p><p>b</p>"],
    ["handlers, styles and classes go", '<p onclick="x()" style="a" class="b">t</p>', "<p>t</p>"],
    [
      "only addresses that open a page stay",
      '<p><a href="javascript:x()">a</a><a href="https://e.org/">b</a></p>',
      '<p><a>a</a><a href="https://e.org/">b</a></p>',
    ],
    [
      "tags of a report are no tags here",
      '<p><ix:nonFraction name="esrs:Revenue">5</ix:nonFraction></p>',
      "<p>5</p>",
    ],
    ["headings do not disturb the outline", "<h1>Title</h1><p>x</p>", "<h5>Title</h5><p>x</p>"],
    ["a block within a paragraph loses its tag", "<p>a<div>b</div></p>", "<p>ab</p>"],
    ["text between list items becomes one", "<ul>a<li>b</li></ul>", "<ul><li>a</li><li>b</li></ul>"],
    ["a cell without a row is only its text", "<td>a</td>", "<p>a</p>"],
    ["broken markup is text", "<p>a", "<p>&lt;p&gt;a</p>"],
    ["nothing stays nothing", "", ""],
  ])("%s", ([, given, expected]) => {
    expect(sanitised(given ?? "")).toBe(expected);
  });

  test("whatever comes in, what goes out is well-formed, harmless, and the same when cleaned again", () => {
    const name = fc.constantFrom(
      "p",
      "ul",
      "li",
      "table",
      "tr",
      "td",
      "b",
      "a",
      "script",
      "blockquote",
      "ix:x",
      "h2",
      "dl",
      "svg",
    );
    const markup = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.string().map((text) => text.replaceAll(/[<&\p{C}]/gu, " ").replaceAll("]]>", "")),
        fc
          .tuple(name, fc.array(tie("node"), { maxLength: 4 }))
          .map(([tag, children]) => `<${tag} onclick="x" href="javascript:1">${children.join("")}</${tag}>`),
      ),
    })).node;

    fc.assert(
      fc.property(markup, (given) => {
        const out = sanitised(given);
        const parser = new SaxesParser<{ xmlns: false; fragment: true }>({ xmlns: false, fragment: true });
        parser.on("error", (error) => {
          throw error;
        });
        parser.write(out).close();

        expect(out).not.toMatch(/<(script|svg|ix:)|onclick=|href="javascript/);
        expect(sanitised(out)).toBe(out);
      }),
    );
  });
});
