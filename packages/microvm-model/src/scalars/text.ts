import { z } from "zod";

/** The remedy for a refused text; `validate` turns it into a `Problem`. */
export interface ScalarRefusal {
  readonly remedy: string;
}

export interface Rule {
  /** The check, with its pattern if it is one. */
  readonly holds: ((text: string) => boolean) & { readonly regex?: RegExp };
  /** The continuation of the refused text: `"eth0/1" is …`. */
  readonly complaint: string;
  /** The remedy, or the remedy for a given text. */
  readonly remedy: string | ((value: string) => string);
}

export const text = (...rules: readonly Rule[]) => textOr(() => undefined, ...rules);

/** Text with rules, and a remedy for a value of another type. */
export const textOr = (instead: (given: unknown) => string | undefined, ...rules: readonly Rule[]) => {
  const refuse = (value: string): (ScalarRefusal & { readonly message: string }) | undefined => {
    const broken = rules.find((rule) => !rule.holds(value));
    if (broken === undefined) return undefined;
    const { complaint, remedy } = broken;
    return {
      message: `${JSON.stringify(value)} ${complaint}`,
      remedy: typeof remedy === "string" ? remedy : remedy(value),
    };
  };
  return z
    .string({
      error: ({ input }) => instead(input) ?? (typeof input === "number" ? refuse(String(input))?.remedy : undefined),
    })
    .superRefine((value, context) => {
      const refusal = refuse(value);
      if (refusal === undefined) return;
      const { message, ...params } = refusal;
      context.addIssue({ code: "custom", message, params: params satisfies ScalarRefusal });
    })
    .meta(patterns(rules));
};

/** The patterns among the rules, for the JSON Schema. */
const patterns = (rules: readonly Rule[]): { readonly pattern?: string; readonly allOf?: readonly object[] } => {
  const sources = rules.flatMap(({ holds: { regex } }) => (regex === undefined ? [] : [{ pattern: regex.source }]));
  return sources.length > 1 ? { allOf: sources } : { ...sources[0] };
};

export const pattern = (regex: RegExp): Rule["holds"] => Object.assign((value: string) => regex.test(value), { regex });

/** Nix strings cannot contain NUL or half a surrogate pair. */
export const isNixText = (value: string): boolean => !/[\0\p{Surrogate}]/u.test(value);

/** Text on one line, without control characters. */
export const isLine = (value: string): boolean => isNixText(value) && !/\p{Control}/u.test(value);
