import type { Evaluator } from "./evaluate.js";
import type { Expression } from "./syntax.js";
import { type Actual, type Candidate, type Found, type Value, written } from "./value.js";

/** Chooses the candidate that must be the origin of the actual value, if there is exactly one. */
export type Choose = (candidates: readonly Candidate[], actual: Actual) => Found | undefined;

export const chooserOf = ({ meanings, textOf, keyOf }: Evaluator): Choose => {
  /** True if the source value equals the actual value; undefined if unknown. */
  const isValue = (value: Value, actual: unknown): boolean | undefined => {
    const { values, isOpen } = meanings(value);
    const answers = values.map((one) => (one.kind === "written" ? isLiteral(one, actual) : undefined));
    if (answers.length === 0 || answers.includes(undefined)) return undefined;
    if (answers.every((answer) => answer === false)) return isOpen ? undefined : false;
    return answers.length === 1 && !isOpen ? answers[0] : undefined;
  };

  const isLiteral = ({ node, scope }: Extract<Value, { kind: "written" }>, actual: unknown): boolean | undefined => {
    switch (node.type) {
      case "StringLiteral":
      case "NumericLiteral":
      case "BooleanLiteral":
        return node.value === actual;
      case "NullLiteral":
        return actual === null;
      case "TemplateLiteral": {
        const text = textOf(node, scope);
        return text === undefined ? undefined : text === actual;
      }
      case "UnaryExpression": {
        const operand = textOf(node.argument, scope);
        return node.operator === "-" && typeof operand === "number" ? -operand === actual : undefined;
      }
      case "ObjectExpression": {
        if (typeof actual !== "object" || actual === null || Array.isArray(actual)) return false;
        const isWhole = node.properties.every((member) => member.type === "ObjectProperty");
        const answers = node.properties.map((member) => {
          const key = member.type === "ObjectProperty" ? keyOf(member, scope) : undefined;
          if (member.type !== "ObjectProperty" || key === undefined) return undefined;
          if (!Object.hasOwn(actual, key)) return isWhole ? false : undefined;
          return isValue(
            written(member.value as Expression, scope),
            (actual as Readonly<Record<string, unknown>>)[key],
          );
        });
        if (isWhole && answers.includes(false)) return false;
        if (isWhole && !answers.includes(undefined)) return Object.keys(actual).length === node.properties.length;
        return undefined;
      }
      case "ArrayExpression": {
        if (!Array.isArray(actual)) return false;
        if (node.elements.some((element) => element === null || element.type === "SpreadElement")) return undefined;
        if (node.elements.length !== actual.length) return false;
        const answers = node.elements.map((element, position) =>
          element === null || element.type === "SpreadElement"
            ? undefined
            : isValue(written(element, scope), actual[position]),
        );
        return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
      }
      default:
        return undefined;
    }
  };

  const choose = (candidates: readonly Candidate[], actual: Actual): Found | undefined => {
    const container = onlyContainer(candidates, actual);
    if (container !== undefined) return container;
    const answered = candidates.map((candidate) => ({
      candidate,
      answer:
        actual === undefined || candidate.value === undefined ? undefined : isValue(candidate.value, actual.value),
    }));
    const possible = answered.filter(({ answer }) => answer !== false);
    const sure = possible.filter(({ answer }) => answer === true);
    const [only] = sure.length === 1 ? sure : possible;
    if (only === undefined || (sure.length !== 1 && possible.length !== 1)) return undefined;
    // A candidate that unknown code may override must equal the actual value.
    return only.answer === true || !only.candidate.isOpen || only.candidate.value === undefined
      ? only.candidate
      : undefined;
  };

  return choose;
};

/** An object or list keeps its place, even if code changes it later. */
const onlyContainer = (candidates: readonly Candidate[], actual: Actual): Found | undefined => {
  const [only] = candidates;
  const isContainer = typeof actual?.value === "object" && actual.value !== null;
  return candidates.length === 1 && isContainer && only?.isOpen === false ? only : undefined;
};
