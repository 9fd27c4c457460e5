import {
  concluded,
  disclosed,
  euLaw,
  explained,
  follows,
  leftOutTopic,
  phaseIn,
  stated,
  together,
} from "#rules/compliance-disclosures.ts";
import { addsUp, axisWithin, part, range, ratio, shares, unit, written } from "#rules/compliance-figures.ts";
import { named } from "#rules/compliance-named.ts";
import { type Check, notEvaluated, type Rule, type Verdict, verdict } from "#rules/compliance-rule.ts";
import type { AuditSubject } from "#rules/compliance-subject.ts";

const needsSet1 = new Set(["B", "C", "D", "E", "F"]);

/** Holds the report against one rule of ours. Pure. */
export function evaluate({ check, family }: Rule, subject: AuditSubject): Verdict {
  if (!subject.law.judges_set_1 && needsSet1.has(family))
    return notEvaluated(
      `${subject.law.title}: its taxonomy has other names, which this release does not know`,
    );
  return held(check, subject);
}

function held(check: Check, subject: AuditSubject): Verdict {
  switch (check.kind) {
    case "disclosed":
      return disclosed(check, subject);
    case "phase-in":
      return phaseIn(check, subject);
    case "left-out-topic":
      return leftOutTopic(check, subject);
    case "concluded":
      return concluded(check, subject);
    case "explained":
      return explained(check, subject);
    case "eu-law":
      return euLaw(check, subject);
    case "stated":
      return stated(check, subject);
    case "together":
      return together(check, subject);
    case "follows":
      return follows(check, subject);
    case "ratio":
      return ratio(check, subject);
    case "part":
      return part(check, subject);
    case "shares":
      return shares(check, subject);
    case "adds-up":
      return addsUp(check, subject);
    case "axis":
      return axisWithin(check, subject);
    case "unit":
      return unit(check, subject);
    case "range":
      return range(check, subject);
    case "written":
      return written(check, subject);
    case "readable": {
      const faults = subject.document.faults.filter(({ code }) => check.codes.includes(code));
      return verdict(
        subject.document.facts.length === 0 && faults.length === 0
          ? []
          : [...subject.document.facts, ...faults],
        faults,
        (fault) => ("sentence" in fault ? fault.sentence : ""),
        "facts and no such fault",
      );
    }
    case "own":
      return named[check.test](subject);
  }
}
