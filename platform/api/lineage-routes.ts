import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { routes } from "../contract.ts";
import type { Database } from "../storage/database.ts";
import { findLineage } from "../storage/lineage.ts";
import { answers, ReportParams } from "./answers.ts";
import type { ReportDesk } from "./report-desk.ts";

/** What the lineage route works with. */
export type LineageRouteParts = { readonly desk: ReportDesk; readonly database: Database };

const Figure = z.string().min(1).max(200);
const LineageQuery = z.strictObject({
  figure: z
    .union([Figure.transform((one) => [one]), z.array(Figure).max(50)])
    .optional()
    .describe("A figure's id or concept; may be given several times. All figures without it"),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
});

const LineageAnswer = z
  .object({
    id: ReportParams.shape.id,
    uses: z.array(
      z.object({
        figure: z.string(),
        concept: z.string(),
        kind: z.enum(["factor", "rows", "formula", "figure"]),
        source: z.string().describe("A factor's id, a metric code, a formula's name, another figure's id"),
        version: z.number().optional(),
        input: z.string().optional().describe("The input file"),
        rows: z.number().optional(),
        first_row: z.number().optional().describe("The header is row 1"),
        last_row: z.number().optional(),
      }),
    ),
  })
  .register(answers, { id: "Lineage", description: "What each figure of a report was made from." });

/** `GET /api/v1/reports/{id}/lineage`: which factors, rows, formulas and other figures a report's figures were made from. */
export function addLineageRoutes(app: FastifyInstance, { desk, database }: LineageRouteParts): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    `${routes.reports}/:id/lineage`,
    {
      config: { scope: "read", problems: ["not-found", "body-invalid"] },
      schema: {
        summary: "What a report's figures were made from",
        description: "Of a report that has completed; empty before.",
        tags: ["Reports"],
        params: ReportParams,
        querystring: LineageQuery,
        response: { 200: LineageAnswer },
      },
    },
    async (request) => {
      const { id, owner } = await desk.found(request);
      const { figure, limit } = request.query;
      const uses = await desk.asking(
        findLineage(database, { report: id, figures: figure }, { tenant: owner, limit }),
      );
      return {
        id,
        uses: uses.map(({ figure: of, concept, kind, source, version, input, rows, firstRow, lastRow }) => ({
          figure: of,
          concept,
          kind,
          source,
          version,
          input,
          rows,
          first_row: firstRow,
          last_row: lastRow,
        })),
      };
    },
  );
}
