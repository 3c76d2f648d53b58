import type { Expr } from "@microvm-emit/nix-ast";
import type { Model } from "../config/config.js";
import { defaultInputs } from "../catalogue/flake-inputs.js";
import { didYouMean } from "../common/suggest.js";
import type { InputFile } from "../config/home.js";
import type { InputPlan } from "../plan/plan.js";
import { type Module, splitAttribute } from "../plan/references.js";
import { missingUrl } from "../problems/missing-url.js";
import type { ConfigPath, Problem } from "../problems/problem.js";
import { unknownInput } from "../problems/unknown-input.js";

/** A mention of a flake input in a config. */
export interface InputMention {
  readonly input: string;
  readonly path: ConfigPath;
}

/** The inputs that a module, a package or a file of an input uses. */
export const mentionsIn = (reference: Module | InputFile, path: ConfigPath): readonly InputMention[] => {
  if (typeof reference === "string")
    return reference.startsWith(".") ? [] : [{ input: splitAttribute(reference)[0], path }];
  if (!("kind" in reference)) return [{ input: reference.input, path: [...path, "input"] }];
  return [...inputsIn(reference)].map((input) => ({ input, path }));
};

/** The names that an expression selects from the variable `inputs`, except the flake itself. */
const inputsIn = (expr: Expr): ReadonlySet<string> => {
  const found = new Set<string>();
  const waiting: object[] = [expr];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    const { kind, target, path } = value as {
      kind?: unknown;
      target?: { kind?: unknown; name?: unknown };
      path?: unknown;
    };
    if (kind === "select" && target?.kind === "ident" && target.name === "inputs" && Array.isArray(path)) {
      const [name] = path as readonly unknown[];
      if (typeof name === "string" && name !== "self") found.add(name);
    }
    for (const part of Object.values(value) as readonly unknown[])
      if (typeof part === "object" && part !== null) waiting.push(part);
  }
  return found;
};

/**
 * The inputs that the flake declares: the defaults that the config uses, then the config's own by name. Also the uses
 * of unknown inputs.
 */
export const planInputs = (
  model: Model,
  mentions: readonly InputMention[],
): { readonly inputs: readonly InputPlan[]; readonly problems: readonly Problem[] } => {
  const defaults = defaultInputs(model.inputs["nixpkgs"]?.url);
  const own = Object.keys(model.inputs).filter((name) => !Object.hasOwn(defaults, name));
  const known = [...Object.keys(defaults), ...own];
  const mentioned = new Set(mentions.map(({ input }) => input));
  const follows = Object.entries(model.inputs).flatMap(([name, input]) =>
    Object.entries(("follows" in input ? input.follows : undefined) ?? {}).flatMap(([inner, outer]) =>
      outer === "" ? [] : [{ input: outer.replace(/\/.*/, ""), path: ["inputs", name, "follows", inner] }],
    ),
  );
  const problems: Problem[] = [];
  for (const { input, path } of [...mentions, ...follows])
    if (!known.includes(input))
      problems.push(
        unknownInput(
          path,
          `There is no flake input ${JSON.stringify(input)}`,
          `${didYouMean(input, known)} Declare your own inputs in \`inputs\`, at the top level.`,
        ),
      );
  const inputs: InputPlan[] = [];
  for (const name of known) {
    const written = Object.hasOwn(model.inputs, name) ? model.inputs[name] : undefined;
    const fallback = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
    if (written === undefined && !mentioned.has(name) && !follows.some(({ input }) => input === name)) continue;
    const url = written?.url ?? fallback?.url;
    if (url === undefined)
      problems.push(missingUrl(["inputs", name], `The input ${name} has no URL`, "Set its `url`."));
    else
      inputs.push({
        name,
        url,
        follows: (written && "follows" in written ? written.follows : undefined) ?? fallback?.follows ?? {},
        flake: (written && "flake" in written ? written.flake : undefined) ?? fallback?.flake ?? true,
      });
  }
  return { inputs, problems };
};
