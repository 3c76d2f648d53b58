import type { OptionPlan } from "./plan.js";

/** What a plan gives an option by name, as far as it is literal text. */
export const textsOf = (options: readonly OptionPlan[], name: string): readonly string[] =>
  options
    .filter(({ option }) => option.join(".") === name)
    .flatMap(({ value }) => (value.kind === "data" ? [value.data].flat() : []))
    .filter((part) => typeof part === "string");
