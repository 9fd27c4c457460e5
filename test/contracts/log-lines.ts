import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LinesQuestion } from "#kit/log-units.ts";
import type { LogReader, Service } from "#kit/ports.ts";
import { failure } from "./logs.ts";

/** Whose lines there are: two units of the API, one that is gone, an agent, a machine of no service. */
export type UnitTexts = ReadonlyMap<string, readonly string[]>;

/** A log service with lines of several units in it. */
export type UnitLogWorld = {
  readonly logs: LogReader;
  /** The services as the environment names them: `api` and `intake`, in this order. */
  readonly services: readonly [Service, Service];
  /** False where only what is JSON and has a time is kept, as in an index. */
  readonly keepsOtherLines: boolean;
  close(): Promise<void>;
};

/** Writes these lines, unit by unit, where the log service under test finds them. */
export type OpenUnitLogs = (texts: UnitTexts) => Promise<UnitLogWorld>;

const now = Date.now();
const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1_000).toISOString();

function line(secondsAgo: number, level: string, message: string, context: object = {}): string {
  return JSON.stringify({
    level,
    timestamp: at(secondsAgo),
    logger: "csrd_platform.api",
    context,
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    span_id: "00f067aa0ba902b7",
    message,
  });
}

const secret = "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOpQrStUvWxYz-AA";

/** Names of units as an environment has them; those of a service begin with its name or its workload's. */
export const unitTexts: UnitTexts = new Map([
  [
    "api-1",
    [
      line(600, "INFO", "Request completed", { path: "/api/v1/reports", status: 200 }),
      line(500, "ERROR", 'A "quoted" | word * and $.level', { report_id: "CSRD-1" }),
      "FATAL ERROR: Reached heap limit Allocation failed",
      line(90, "WARNING", "Slow \u001b[31mred\u001b[0m\u202e answer", { took_ms: 4_000 }),
    ],
  ],
  ["api-2", [line(400, "ERROR", "Pool is empty", { key: secret }), line(80, "DEBUG", "Look")]],
  ["api-gone", [line(3_000, "CRITICAL", "Process ends on a defect")]],
  ["api-gateway-1", [line(350, "ERROR", "Of another service with a longer name")]],
  ["intake-7d9f-x", [line(300, "ERROR", "Refused the file"), line(70, "INFO", "Agent began")]],
  ["standby-1", [line(200, "INFO", "Nobody's")]],
]);

const gateway: Service = {
  name: "api-gateway",
  url: "http://gateway.internal",
  instances: [],
  firewallGroups: [],
  floor: 1,
};

const everything: LinesQuestion = {
  from: new Date(now - 3_600_000),
  until: new Date(now + 1_000),
  least: undefined,
  contains: undefined,
  unit: undefined,
  limit: 100,
  within: "10s",
};

/** What `lines` of every log service must do; `open` makes one over the units given. Source: CLO runbook, "Viewing Logs", defect 8. */
export function logLinesContract(name: string, open: OpenUnitLogs): void {
  describe(`lines of all units in ${name}`, () => {
    let world: UnitLogWorld;
    beforeAll(async () => {
      world = await open(unitTexts);
    });
    afterAll(() => world.close());
    const ask = async (wanted: Partial<LinesQuestion> = {}, of: "api" | "intake" | "all" = "all") => {
      const everyone = [...world.services, { ...gateway, logGroup: world.services[0].logGroup }];
      const services = of === "all" ? everyone : everyone.filter((service) => service.name === of);
      return world.logs.lines(services, { ...everything, ...wanted }, everyone);
    };
    const units = async (...asked: Parameters<typeof ask>) => [
      ...new Set((await ask(...asked)).lines.map(({ unit }) => unit)),
    ];

    test("defect 8: one question reads every unit of a service, not one of them, and those that are gone too", async () => {
      const found = await units({}, "api");

      expect(found.toSorted()).toEqual(["api-1", "api-2", "api-gone"]);
    });

    test("all services together, oldest first, with what belongs to none; a longer name is another service", async () => {
      const { lines, more, incomplete } = await ask();

      const timed = lines.filter(({ level }) => level !== "");
      expect(timed.map(({ at: when }) => when)).toEqual(
        [3_000, 600, 500, 400, 350, 300, 200, 90, 80, 70].map(at),
      );
      expect([more, incomplete]).toEqual([false, undefined]);
      expect(new Map(lines.map(({ unit, service }) => [unit, service]))).toEqual(
        new Map([
          ["api-gone", "api"],
          ["api-1", "api"],
          ["api-2", "api"],
          ["api-gateway-1", "api-gateway"],
          ["intake-7d9f-x", "intake"],
          ["standby-1", undefined],
        ]),
      );
    });

    test("the newest so many, and it says that there are more", async () => {
      const { lines, more } = await ask({ limit: 3 });

      expect(lines.map(({ at: when }) => when)).toEqual([90, 80, 70].map(at));
      expect(more).toBe(true);
      expect((await ask({ limit: 1, least: "CRITICAL" })).more).toBe(false);
    });

    test("one unit, a level and those above, a stretch of time", async () => {
      expect(await units({ unit: "api-2" })).toEqual(["api-2"]);
      expect((await ask({ least: "ERROR" })).lines.map(({ level }) => level)).toEqual([
        "CRITICAL",
        "ERROR",
        "ERROR",
        "ERROR",
        "ERROR",
      ]);
      expect(await units({ from: new Date(at(350)), until: new Date(at(300)) })).toEqual([
        "api-gateway-1",
        "intake-7d9f-x",
      ]);
      expect((await ask({ from: new Date(now - 9e9), until: new Date(now - 8e9) })).lines).toEqual([]);
    });

    test.for([
      ['"quoted" | word * and $.level', 1],
      ["POOL IS EMPTY", 1],
      ["report_id=CSRD-1", 1],
      ["{ $.level = ERROR }", 0],
      ["* | fields @message", 0],
      [".*", 0],
      ["level:ERROR OR 1=1", 0],
    ] as const)("what is searched for is text and no query: %s", async ([contains, count]) => {
      expect((await ask({ contains })).lines).toHaveLength(count);
    });

    test("no line moves a cursor, turns its direction or carries a secret", async () => {
      const { lines } = await ask();

      const shown = JSON.stringify(lines);
      expect(lines.find(({ level }) => level === "WARNING")?.message).toBe("Slow red answer");
      expect(shown).not.toContain(secret);
      // oxlint-disable-next-line no-control-regex -- that there is none is what is held
      expect(shown).not.toMatch(/[\u001b\u202e]/);
    });

    test("a line says what it was: logger, facts as text and as data, trace", async () => {
      const { lines } = await ask({ contains: "quoted" });

      expect(lines).toEqual([
        {
          at: at(500),
          unit: "api-1",
          service: "api",
          level: "ERROR",
          logger: "csrd_platform.api",
          message: 'A "quoted" | word * and $.level',
          facts: "report_id=CSRD-1",
          context: { report_id: "CSRD-1" },
          trace: "4bf92f3577b34da6a3ce929d0e0e4736",
        },
      ]);
    });

    test("a crash's last words are a line without a level, beside those around them", async () => {
      const { lines } = await ask({ unit: "api-1" });

      const words = lines.filter(({ message }) => message.startsWith("FATAL ERROR"));
      expect(words.map(({ level }) => level)).toEqual(world.keepsOtherLines ? [""] : []);
      expect((await ask({ contains: "heap limit", least: "ERROR" })).lines).toEqual([]);
    });

    test("no service is nobody, never everybody", async () => {
      expect(await failure(world.logs.lines([], everything, world.services))).toMatchObject({
        code: "selector-empty",
      });
    });
  });
}
