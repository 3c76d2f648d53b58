import type { Evaluator } from "./evaluate.js";
import type { Expression, ListLiteral, ObjectLiteral, Scope } from "./syntax.js";
import {
  type Actual,
  type Alternatives,
  type Candidate,
  onlyOne,
  type PartsOf,
  startOf,
  type Value,
  written,
} from "./value.js";

/** Finds the parts of values: properties of objects, items of lists. */
export const partsOfValues = ({ meanings, resultOf, textOf, keyOf }: Evaluator): PartsOf => {
  const candidatesOf: PartsOf = ({ values, isOpen }, step, parent) =>
    values.flatMap((value) =>
      partsOf(value, step, parent).map((found) => ({ ...found, isOpen: found.isOpen || isOpen })),
    );

  const partsOf = (value: Value, step: string | number, parent: Actual): readonly Candidate[] => {
    switch (value.kind) {
      case "empty":
      case "unknown":
        return [];
      case "replacing":
        return candidatesOf(meanings(value.by), step, parent);
      case "merged":
        return mergedPart(value.parts, step);
      case "entries":
        return entriesOf(value.list, String(step));
      case "mapped":
        return itemOfMapped(value, Number(step)).flatMap((item) => {
          const { node, scope } = value.by;
          const at = item.kind === "written" ? item : { node: node.body, scope };
          return [{ module: at.scope.module, offset: startOf(at.node), value: item, isOpen: false }];
        });
      case "written":
        switch (value.node.type) {
          case "ObjectExpression":
            return propertiesOf(value.node, value.scope, String(step));
          case "ArrayExpression":
            return itemsOf(value.node, value.scope, Number(step), parent);
          default:
            return [];
        }
    }
  };

  /** Properties that may have this name, in order of precedence. */
  const propertiesOf = ({ properties }: ObjectLiteral, scope: Scope, name: string): readonly Candidate[] => {
    const found: Candidate[] = [];
    let isOpen = false;
    for (const member of properties.toReversed()) {
      const at = { module: scope.module, offset: startOf(member) };
      if (member.type === "SpreadElement") {
        const spread = meanings(written(member.argument, scope));
        const parts = candidatesOf(spread, name);
        found.push(...parts.map((part) => ({ ...part, isOpen: part.isOpen || isOpen })));
        if (spread.isOpen) {
          found.push({ ...at, value: undefined, isOpen: true });
          isOpen = true;
        } else if (spread.values.length === 1 && parts.some((part) => !part.isOpen)) return found;
      } else {
        const key = keyOf(member, scope);
        if (key !== undefined && key !== name) continue;
        const value: Value | undefined =
          member.type === "ObjectProperty" ? written(member.value as Expression, scope) : undefined;
        found.push({ ...at, value, isOpen: isOpen || key === undefined });
        if (key === name) return found;
        isOpen = true;
      }
    }
    return found;
  };

  const itemsOf = ({ elements }: ListLiteral, scope: Scope, position: number, parent: Actual): readonly Candidate[] => {
    const lengths = lengthsOf(elements, scope);
    const missing = lengths.filter((length) => length === undefined).length;
    const known = lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0);
    // A single spread of unknown length fills the rest of the list.
    const rest = missing === 1 && Array.isArray(parent?.value) ? parent.value.length - known : undefined;
    let before = 0;
    for (const [index, element] of elements.entries()) {
      const length = lengths[index] ?? rest;
      if (element === null) {
        before++;
        continue;
      }
      const at = { module: scope.module, offset: startOf(element) };
      if (length === undefined) return [{ ...at, value: undefined, isOpen: true }];
      if (position < before + length) {
        if (element.type !== "SpreadElement") return [{ ...at, value: written(element, scope), isOpen: false }];
        const parts = candidatesOf(meanings(written(element.argument, scope)), position - before);
        return parts.length > 0 ? parts : [{ ...at, value: undefined, isOpen: true }];
      }
      before += length;
    }
    return [];
  };

  const lengthsOf = (elements: ListLiteral["elements"], scope: Scope): readonly (number | undefined)[] =>
    elements.map((element) =>
      element?.type === "SpreadElement" ? lengthOf(meanings(written(element.argument, scope))) : 1,
    );

  const lengthOf = ({ values, isOpen }: Alternatives): number | undefined => {
    const [value] = values;
    if (isOpen || values.length !== 1 || value === undefined) return undefined;
    if (value.kind === "mapped") return value.list === undefined ? undefined : lengthOf(meanings(value.list));
    if (value.kind === "replacing") return lengthOf(meanings(value.by));
    if (value.kind === "merged") return sumOf(value.parts.map((part) => lengthOf(meanings(part))));
    if (value.kind !== "written" || value.node.type !== "ArrayExpression") return undefined;
    return sumOf(lengthsOf(value.node.elements, value.scope));
  };

  /** Merges objects by key and concatenates lists. */
  const mergedPart = (all: readonly Value[], step: string | number): readonly Candidate[] => {
    const replacing = all.findLastIndex((part) => meanings(part).values.some(({ kind }) => kind === "replacing"));
    const parts = all.slice(Math.max(replacing, 0));
    if (typeof step === "number") {
      let before = 0;
      for (const part of parts) {
        const length = lengthOf(meanings(part));
        if (length === undefined) return [];
        if (step < before + length) return candidatesOf(meanings(part), step - before);
        before += length;
      }
      return [];
    }
    const found = parts.flatMap((part, position) => {
      const chosen = onlyOne(candidatesOf(meanings(part), step));
      return chosen === undefined ? [] : [{ position, chosen }];
    });
    const last = found.at(-1);
    if (last === undefined) return [];
    const isOpen = (some: readonly Value[]): boolean => some.some((part) => meanings(part).isOpen);
    const values = found.flatMap(({ chosen: { value } }) => (value === undefined ? [] : [value]));
    // The parts below may set the key too, to an unknown value.
    const below: readonly Value[] = isOpen(parts.slice(0, last.position)) ? [{ kind: "unknown" }] : [];
    const [only, ...others] = [...below, ...values];
    const value: Value | undefined =
      values.length < found.length || only === undefined
        ? undefined
        : others.length === 0
          ? only
          : { kind: "merged", parts: [only, ...others] };
    return [{ ...last.chosen, value, isOpen: isOpen(parts.slice(last.position)) }];
  };

  const entriesOf = (list: Value, name: string): readonly Candidate[] =>
    meanings(list).values.flatMap((value): readonly Candidate[] => {
      const entries =
        value.kind === "mapped"
          ? allOfMapped(value)
          : value.kind === "written" && value.node.type === "ArrayExpression"
            ? value.node.elements.flatMap((element): Value[] =>
                element === null || element.type === "SpreadElement" ? [] : [written(element, value.scope)],
              )
            : [];
      return entries.flatMap((entry) =>
        meanings(entry).values.flatMap((pair): readonly Candidate[] => {
          if (pair.kind !== "written" || pair.node.type !== "ArrayExpression") return [];
          const [key, part] = pair.node.elements;
          if (key == null || part == null || key.type === "SpreadElement" || part.type === "SpreadElement") return [];
          const text = textOf(key, pair.scope);
          return text !== undefined && String(text) !== name
            ? []
            : [
                {
                  module: pair.scope.module,
                  offset: startOf(pair.node),
                  value: written(part, pair.scope),
                  isOpen: false,
                },
              ];
        }),
      );
    });

  const itemOfMapped = ({ list, by }: Mapped, position: number): readonly Value[] => {
    const item = list === undefined ? undefined : onlyOne(candidatesOf(meanings(list), position))?.value;
    return resultOf(written(by.node, by.scope), [item]).values;
  };

  /** All known elements, or one with unknown input that stands for all. */
  const allOfMapped = (value: Mapped): readonly Value[] => {
    const length = value.list === undefined ? undefined : lengthOf(meanings(value.list));
    if (length === undefined) return resultOf(written(value.by.node, value.by.scope), []).values;
    return Array.from({ length }, (_, position) => itemOfMapped(value, position)).flat();
  };

  return candidatesOf;
};

const sumOf = (lengths: readonly (number | undefined)[]): number | undefined =>
  lengths.reduce((sum, length) => (sum === undefined || length === undefined ? undefined : sum + length), 0);

type Mapped = Extract<Value, { kind: "mapped" }>;
