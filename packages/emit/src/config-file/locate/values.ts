import type { ConfigPath } from "@microvm-emit/model";
import { chooserOf } from "./choose.js";
import { type Evaluator, evaluatorOf, type OpenModule } from "./evaluate.js";
import { partsOfValues } from "./parts.js";
import type { Binding, Written } from "./syntax.js";
import { type Actual, type Alternatives, isFunction, type Spot, type Value } from "./value.js";

/** Follows a config path through the source, as far as that can be known. */
export type Walk = (config: Binding, path: ConfigPath, actual: Actual) => Reached;

/** The end of a config path in the source. */
export interface Reached {
  /** The place of the deepest known part of the path; undefined if no part is known. */
  readonly spot: Spot | undefined;
  /** The literals that may be the value of the whole path, the top one of several that `extend` merges. */
  readonly literals: readonly Written[];
}

export const walkOf = (open: OpenModule): Walk => {
  const evaluator: Evaluator = evaluatorOf(open, (whole, step, parent) => candidatesOf(whole, step, parent));
  const candidatesOf = partsOfValues(evaluator);
  const choose = chooserOf(evaluator);
  const { meanings, resultOf } = evaluator;

  const literalsOf = (value: Value): readonly Written[] => {
    switch (value.kind) {
      case "written":
        return [value];
      case "merged":
        return value.parts.slice(-1).flatMap((part) => meanings(part).values.flatMap(literalsOf));
      case "replacing":
        return meanings(value.by).values.flatMap(literalsOf);
      default:
        return [];
    }
  };

  /** The exported value, or the result of an exported function. */
  const madeBy = (exported: Alternatives): Alternatives => {
    const [value] = exported.values;
    return exported.values.length === 1 && value?.kind === "written" && isFunction(value.node)
      ? resultOf(value, [])
      : exported;
  };

  return (config, path, loaded) => {
    evaluator.restart();
    let here = madeBy(evaluator.bound(config));
    let actual = loaded;
    let spot: Spot | undefined;
    for (const step of path) {
      const next = actual === undefined ? undefined : partOf(actual.value, step);
      const found =
        actual !== undefined && next === undefined ? undefined : choose(candidatesOf(here, step, actual), next);
      spot = found ?? spot;
      if (found?.value === undefined) return { spot, literals: [] };
      here = meanings(found.value);
      actual = next;
    }
    return {
      spot,
      literals: here.values.flatMap(literalsOf),
    };
  };
};

const partOf = (whole: unknown, step: string | number): Actual =>
  typeof whole === "object" && whole !== null && Object.hasOwn(whole, step)
    ? { value: (whole as Readonly<Record<string | number, unknown>>)[step] }
    : undefined;
