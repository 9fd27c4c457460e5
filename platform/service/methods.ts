import type { FastifyInstance } from "fastify";

/** Tells which methods an address takes, from the routes as they were registered; undefined when no route has it. */
export function methodsOf(app: FastifyInstance): (path: string) => readonly string[] | undefined {
  const routes = new Map<string, { readonly shape: RegExp; readonly methods: Set<string> }>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = routes.get(url) ?? { shape: shapeOf(url), methods: new Set<string>() };
    for (const name of [method].flat()) known.methods.add(name);
    routes.set(url, known);
  });
  return (path) => {
    const found = [...routes.values()].filter(({ shape }) => shape.test(path));
    if (found.length === 0) return undefined;
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].toSorted();
  };
}

function shapeOf(url: string): RegExp {
  const pattern = url
    .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/:[A-Za-z_]+/g, "[^/]+")
    .replace(/\*$/, ".*");
  return new RegExp(`^${pattern}$`);
}
