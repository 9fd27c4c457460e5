import helmet from "@fastify/helmet";
import Fastify from "fastify";

/** What every server adds to an answer by itself; not asked of helmet. */
const byItself = new Set(["connection", "content-length", "content-type", "date", "keep-alive"]);

/** The security headers of every answer. They are always the same, so helmet is asked for them once, and not at each request. */
export async function securityHeaders(): Promise<Readonly<Record<string, string>>> {
  const asked = Fastify();
  try {
    await asked.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
    });
    asked.get("/", (_request, reply) => reply.send(""));
    const { headers } = await asked.inject("/");
    return Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        typeof value === "string" && !byItself.has(name) ? [[name, value]] : [],
      ),
    );
  } finally {
    await asked.close();
  }
}
