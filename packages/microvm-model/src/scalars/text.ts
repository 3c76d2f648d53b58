import { z } from "zod";

/** What a refused scalar says of itself; `validate` turns it into a `Problem`. */
export interface ScalarRefusal {
  readonly remedy: string;
}

export interface Rule {
  /** With the pattern that it is, where it is one. */
  readonly holds: ((text: string) => boolean) & { readonly regex?: RegExp };
  /** Reads on from the refused text: `"eth0/1" is …`. */
  readonly complaint: string;
  /** Of any such text, or of the one. */
  readonly remedy: string | ((value: string) => string);
}

export const text = (...rules: readonly Rule[]) => textOr(() => undefined, ...rules);

/** Text, and what to write in place of something else. */
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

/** What a JSON Schema says of the rules: those that are patterns. */
const patterns = (rules: readonly Rule[]): { readonly pattern?: string; readonly allOf?: readonly object[] } => {
  const sources = rules.flatMap(({ holds: { regex } }) => (regex === undefined ? [] : [{ pattern: regex.source }]));
  return sources.length > 1 ? { allOf: sources } : { ...sources[0] };
};

export const pattern = (regex: RegExp): Rule["holds"] => Object.assign((value: string) => regex.test(value), { regex });

/** Nix strings hold neither NUL nor half a surrogate pair. */
export const isNixText = (value: string): boolean => !/[\0\p{Surrogate}]/u.test(value);

/** Text on one line, without control characters. */
export const isLine = (value: string): boolean => isNixText(value) && !/\p{Control}/u.test(value);
