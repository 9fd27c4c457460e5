import { type Markup, markup } from "./markup.ts";
import type { Answer, OpenApi, Operation, Parameter } from "./openapi.ts";

type Place = { readonly method: string; readonly path: string; readonly operation: Operation };

/** The API's document as a page: no scripts, nothing from elsewhere, readable without anything else. */
export function docsPage(document: OpenApi): string {
  const places = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const groups = document.tags.flatMap((tag) => {
    const members = places.filter(({ operation }) => operation.tags?.includes(tag.name) === true);
    return members.length === 0 ? [] : [{ ...tag, members }];
  });
  const { title, version, description } = document.info;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} API ${version}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<nav aria-label="Operations">
<p class="name"><a href="#top">${title}</a> <span class="version">${version}</span></p>
${groups.map(
  ({ name, members }) => markup`<h2>${name}</h2>
<ul>${members.map(
    (place) =>
      markup`<li><a href="#${place.operation.operationId}">${badge(place.method)}<span>${place.operation.summary ?? place.path}</span></a></li>
`,
  )}</ul>
`,
)}<h2>Shapes</h2>
<ul>${Object.keys(document.components.schemas).map((name) => markup`<li><a href="#${name}">${name}</a></li>`)}</ul>
</nav>
<main id="top">
<header>
<h1>${title}</h1>
<p class="lead">${description}</p>
<p><a class="button" href="/openapi.json">OpenAPI ${document.openapi} document</a></p>
<h2>Who may ask</h2>
<table><tbody>${Object.entries(document.components.securitySchemes).map(
    ([name, scheme]) => markup`<tr><th scope="row">${name}</th><td>${schemeText(scheme)}</td></tr>`,
  )}</tbody></table>
</header>
${groups.map(
  ({ name, description: about, members }) => markup`<section>
<h2>${name}</h2>
<p>${about}</p>
${members.map(operationPart)}
</section>
`,
)}<section>
<h2>Shapes</h2>
${Object.entries(document.components.schemas).map(
  ([name, schema]) => markup`<article id="${name}">
<h3>${name}</h3>
${descriptionOf(schema)}
${schemaPart(schema)}
</article>
`,
)}</section>
</main>
</body>
</html>
`.html;
}

function badge(method: string): Markup {
  return markup`<span class="method ${method}">${method === "delete" ? "DEL" : method.toUpperCase()}</span>`;
}

function schemeText(scheme: object): string {
  const told = "description" in scheme ? String(scheme.description) : "";
  if ("openIdConnectUrl" in scheme)
    return `A token of the identity provider: ${String(scheme.openIdConnectUrl)}`;
  if ("name" in scheme) return `Header ${String(scheme.name)}. ${told}`;
  return `Header authorization: Bearer … ${told}`;
}

function operationPart({ method, path, operation }: Place): Markup {
  const { operationId, summary, description, parameters = [], requestBody, responses, security } = operation;
  const isOpen = security === undefined || security.length === 0;
  return markup`<article id="${operationId}">
<h3>${summary ?? operationId}</h3>
<p class="address">${badge(method)}<code>${path}</code>${isOpen ? markup`<span class="open">no key needed</span>` : undefined}</p>
${description === undefined ? undefined : markup`<p>${description}</p>`}
${parameters.length === 0 ? undefined : markup`<h4>Takes</h4><table><tbody>${parameters.map(parameterRow)}</tbody></table>`}
${Object.entries(requestBody?.content ?? {}).map(
  ([type, { schema }]) => markup`<h4>Body <code>${type}</code></h4>${schemaPart(schema ?? {})}`,
)}
<h4>Call it</h4>
<pre><code>${curl(method, path, operation)}</code></pre>
<h4>Answers</h4>
${Object.entries(responses).map(([status, answer]) => answerPart(status, answer))}
</article>
`;
}

function parameterRow({ name, in: where, required, description, schema = {} }: Parameter): Markup {
  return markup`<tr><th scope="row"><code>${name}</code>${required === true ? markup`<span class="needed">needed</span>` : undefined}</th><td><span class="where">${where}</span> ${typeOf(schema)}${description === undefined ? undefined : markup`<br>${description}`}</td></tr>`;
}

function answerPart(status: string, { description, content = {} }: Answer): Markup {
  const kind = status.startsWith("2") ? "good" : status.startsWith("3") ? "plain" : "bad";
  const inner = Object.entries(content).map(([type, { schema, examples, example }]) => {
    const shown = [
      ...(example === undefined ? [] : [{ value: example }]),
      ...Object.values(examples ?? {}),
    ].map((one: { readonly value?: unknown }) => one.value);
    return markup`<p><code>${type}</code> ${schema === undefined ? undefined : typeOf(schema)}</p>
${shown.map((value) => markup`<pre><code>${typeof value === "string" ? value : JSON.stringify(value, undefined, 2)}</code></pre>`)}`;
  });
  return markup`<details><summary><span class="status ${kind}">${status}</span> ${description}</summary>${inner}</details>
`;
}

function curl(method: string, path: string, { requestBody, security }: Operation): string {
  const lines = ["curl", ...(method === "get" ? [] : [`-X ${method.toUpperCase()}`])];
  if (security !== undefined && security.length > 0) lines.push('-H "Authorization: Bearer $KEY"');
  const types = Object.keys(requestBody?.content ?? {});
  if (types.includes("multipart/form-data")) lines.push("-F data=@activities.csv -F company=@company.json");
  else if (types[0] !== undefined) lines.push(`-H "Content-Type: ${types[0]}" -d @body.json`);
  if (path.endsWith("/events")) lines.push("-N");
  return [...lines, `"$CSRD${path}"`].join(" ");
}

/** A schema as a table of its members, or as one line. */
function schemaPart(schema: object): Markup {
  const members = "properties" in schema && isRecord(schema.properties) ? schema.properties : undefined;
  if (members === undefined) return markup`<p>${typeOf(schema)}</p>`;
  const needed = "required" in schema && Array.isArray(schema.required) ? schema.required : [];
  return markup`<table><tbody>${Object.entries(members).map(([name, member]) => {
    const inner = isRecord(member) ? member : {};
    return markup`<tr><th scope="row"><code>${name}</code>${needed.includes(name) ? undefined : markup`<span class="optional">may be missing</span>`}</th><td>${typeOf(inner)}${descriptionOf(inner)}${innerPart(inner)}</td></tr>`;
  })}</tbody></table>`;
}

function innerPart(schema: Readonly<Record<string, unknown>>): Markup | undefined {
  if ("properties" in schema) return schemaPart(schema);
  const items = schema["items"];
  return isRecord(items) && "properties" in items ? schemaPart(items) : undefined;
}

function descriptionOf(schema: object): Markup | undefined {
  return "description" in schema ? markup`<p class="about">${String(schema.description)}</p>` : undefined;
}

/** The type of a schema in a few words, with a link where it has a name. */
function typeOf(schema: object): Markup {
  const of: Readonly<Record<string, unknown>> = { ...schema };
  const reference = of["$ref"];
  if (typeof reference === "string") {
    const name = reference.split("/").at(-1) ?? "";
    return markup`<a class="type" href="#${name}">${name}</a>`;
  }
  if (Array.isArray(of["enum"]))
    return markup`<span class="type">${of["enum"].map(String).join(" | ")}</span>`;
  if ("const" in of) return markup`<span class="type">${String(of["const"])}</span>`;
  const several = of["anyOf"] ?? of["oneOf"];
  if (Array.isArray(several)) {
    const kinds = several.map((one: object, index) => markup`${index === 0 ? "" : " | "}${typeOf(one)}`);
    return markup`${kinds}`;
  }
  if (of["type"] === "array" && isRecord(of["items"])) return markup`list of ${typeOf(of["items"])}`;
  const fact = (words: string, name: string): string => {
    const value = of[name];
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? `${words}${value}`
      : "";
  };
  const facts = [
    fact("", "format") || fact("", "type") || "anything",
    fact("", "pattern"),
    fact("from ", "minimum"),
    fact("to ", "maximum"),
    fact("default ", "default"),
  ];
  return markup`<span class="type">${facts.filter((text) => text !== "").join(" ")}</span>`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
