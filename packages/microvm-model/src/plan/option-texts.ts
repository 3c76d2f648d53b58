import type { OptionPlan } from "./plan.js";

/** The literal texts among the values of an option. */
export const textsOf = (options: readonly OptionPlan[], name: string): readonly string[] =>
  options
    .filter(({ option }) => option.join(".") === name)
    .flatMap(({ value }) => (value.kind === "data" ? [value.data].flat() : []))
    .filter((part) => typeof part === "string");
