import { z } from "zod";
import { type ProblemCode, problemCodes } from "../problems/problem-codes.generated.js";
import * as scalar from "../scalars/scalars.js";
import { didYouMean } from "../common/suggest.js";
import { record } from "../scalars/terms.js";

/** The code of a problem that can be a warning. */
export type WarningCode = {
  [Code in ProblemCode]: (typeof problemCodes)[Code] extends "error" ? never : Code;
}[ProblemCode];

/** Reasons by the code of the warning. */
export type Silences = Readonly<Partial<Record<WarningCode, string>>>;

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problemCodes, code);

const warningCodes = Object.keys(problemCodes).filter((code) => isProblemCode(code) && problemCodes[code] !== "error");

const warningCode = z.string().superRefine((code, context) => {
  const refuse = (message: string, params: scalar.ScalarRefusal): void => {
    context.addIssue({ code: "custom", message, params });
  };
  if (!isProblemCode(code))
    refuse(`Unknown code ${JSON.stringify(code)}`, {
      remedy: didYouMean(code, warningCodes),
    });
  else if (problemCodes[code] === "error")
    refuse(`${code} is an error, and only warnings can be silenced`, {
      remedy: "Fix the error and remove this entry.",
    });
});

export const silenceSchema = (): z.ZodType<Readonly<Record<string, string>>, Silences> =>
  record(warningCode, scalar.reason);
