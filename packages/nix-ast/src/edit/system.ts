/** Edits the modules of the systems in a flake. */
import { list } from "../build.js";
import type { AttrName, Attrs, Call, Expr, Node } from "../expr.js";
import { toNix, type NixInput } from "../to-nix.js";
import { staticName } from "../names.js";
import { fail, right, type EditError, type Edited, type NixFile } from "./file.js";
import { splice } from "./splice.js";
import { definitions, rangeOf, sequenceOf } from "./find.js";
import { bindingFragment, itemFragment, textAt } from "./fragment.js";
import { appendTo, listIn } from "./lists.js";
import { insertElement } from "./sequence.js";
import { indentation, styleOf, type Range } from "./text.js";
import { childrenOf } from "../children.js";
import type { Result } from "../result.js";

/** The context of code in a flake. */
interface Context {
  /** The name of the enclosing attribute of `nixosConfigurations`, if it is known. */
  readonly host?: string;
  /** True if this is `nixosConfigurations`, whose attributes are systems. */
  readonly inSystems: boolean;
  /** The innermost variable with this value. */
  readonly variable?: string;
  /** The innermost enclosing attribute. */
  readonly attribute?: string;
}

interface SystemCall extends Context {
  readonly call: Call;
}

/** A use of a variable. */
interface VariableUse extends Context {
  readonly name: string;
}

const SYSTEMS = "nixosConfigurations";

const isNixosSystem = (expr: Expr): boolean =>
  expr.kind === "ident"
    ? expr.name === "nixosSystem"
    : expr.kind === "select" && staticName(expr.path.at(-1)) === "nixosSystem";

/** The system at the path of a binding, or around it. */
const along = (path: readonly AttrName[], context: Context): Context => {
  if (context.host !== undefined) return context;
  const names = path.map(staticName);
  const first = context.inSystems ? 0 : names.indexOf(SYSTEMS) + 1;
  if (first === 0 && !context.inSystems) return context;
  const host = names[first];
  return { ...context, inSystems: path.length === first, ...(host === undefined ? {} : { host }) };
};

/** The calls of `nixosSystem` in a file, and the uses of its variables. */
const survey = (root: Expr): { readonly calls: readonly SystemCall[]; readonly uses: readonly VariableUse[] } => {
  const calls: SystemCall[] = [];
  const uses: VariableUse[] = [];
  const stack: { readonly node: Node; readonly context: Context }[] = [{ node: root, context: { inSystems: false } }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, context } = next;
    if (node.kind === "call" && isNixosSystem(node.function)) calls.push({ ...context, call: node });
    if (node.kind === "ident") uses.push({ ...context, name: node.name });
    for (const child of childrenOf(node).toReversed()) {
      stack.push({ node: child, context: contextOf(node, child, context) });
    }
  }
  return { calls, uses };
};

const contextOf = (parent: Node, child: Node, context: Context): Context => {
  // The result of a function is not known.
  if (parent.kind === "call") return { ...context, inSystems: false };
  if (child.kind !== "binding") return context;
  if (parent.kind !== "let") {
    const attribute = staticName(child.path.at(-1));
    return { ...along(child.path, context), ...(attribute === undefined ? {} : { attribute }) };
  }
  const variable = staticName(child.path[0]);
  const own = along(child.path, { ...context, inSystems: false });
  return variable !== undefined && child.path.length === 1 ? { ...own, variable } : own;
};

/** The systems that use a variable; `more`: it is also used elsewhere, or in systems with unknown names. */
const systemsBy = (
  variable: string,
  uses: readonly VariableUse[],
  seen: ReadonlySet<string> = new Set(),
): { readonly hosts: ReadonlySet<string>; readonly more: boolean } => {
  const hosts = new Set<string>();
  let more = false;
  for (const use of uses) {
    if (use.name !== variable) continue;
    if (use.host !== undefined) hosts.add(use.host);
    else if (use.variable !== undefined && use.variable !== variable && !seen.has(use.variable)) {
      const outer = systemsBy(use.variable, uses, new Set([...seen, variable]));
      for (const host of outer.hosts) hosts.add(host);
      more ||= outer.more;
    } else more = true;
  }
  return { hosts, more };
};

/** The `nixosSystem` call that gets a module. */
export interface ModuleTarget {
  /**
   * The name of the system in `nixosConfigurations`; or, to change several systems, the name of the function that calls
   * `nixosSystem` for them. Not needed if the file has only one call.
   */
  readonly system?: string;
}

const nameOfCall = ({ host, variable, attribute }: SystemCall): string | undefined => host ?? variable ?? attribute;

const choose = (file: NixFile, system: string | undefined): Result<EditError, SystemCall> => {
  const { calls, uses } = survey(file.expr);
  const [only, ...others] = calls;
  const names = [...new Set(calls.map(nameOfCall).filter((name) => name !== undefined))];
  const known = names.length === 0 ? "none with a name" : names.join(", ");
  if (only === undefined)
    return fail("missing", "the file has no call of `nixosSystem`; add the module where the system is defined");
  if (system === undefined) {
    if (others.length === 0) return right(only);
    return fail(
      "ambiguous",
      `the file has several calls of \`nixosSystem\`; pass one of their names as system: ${known}`,
    );
  }
  const named = calls.filter((one) => nameOfCall(one) === system);
  const [call, second] = named;
  if (call !== undefined) {
    if (second === undefined) return right(call);
    return fail("ambiguous", `\`${system}\` has several calls of \`nixosSystem\`; add the module by hand`, second.call);
  }
  for (const one of calls) {
    if (one.host !== undefined || one.variable === undefined) continue;
    const { hosts, more } = systemsBy(one.variable, uses);
    if (!hosts.has(system)) continue;
    if (hosts.size === 1 && !more) return right(one);
    const message = `\`${system}\` is defined by \`${one.variable}\`, like other systems; pass "${one.variable}" as system to add the module to all of them`;
    return fail("ambiguous", message, one.call);
  }
  return fail("missing", `no call of \`nixosSystem\` defines \`${system}\`; known systems: ${known}`);
};

/**
 * Adds a module at the end of the `modules` of a `nixosSystem` call. If `modules` is not a literal list, a list is
 * appended: `modules = common ++ [ … ];`.
 *
 * @throws {ToNixError} or RangeError for a module that {@link toNix} rejects.
 */
export const addModule = (file: NixFile, { system }: ModuleTarget, module: NixInput): Edited => {
  const node = toNix(module);
  const chosen = choose(file, system);
  if (chosen._tag === "Left") return chosen;
  const { argument } = chosen.right.call;
  if (argument.kind === "attrs") return addTo(file, argument, node);
  const message = "the argument of `nixosSystem` is not a literal set; add the module where the set is defined";
  return fail("notASet", message, rangeOf(argument));
};

const addTo = (file: NixFile, argument: Attrs, module: Expr): Edited => {
  const { text } = file;
  const [found] = definitions(argument, ["modules"]);
  if (found === undefined) {
    const fragment = bindingFragment(["modules"], list([module]));
    const sequence = sequenceOf(text, argument);
    const place = { spreadEmpty: true };
    return splice(file, insertElement(text, sequence, argument.bindings.length - 1, fragment, place));
  }
  if (found.kind !== "whole") {
    const message = "`modules` is inherited here; add the module at its source, or write `modules = …;`";
    return fail("inherited", message, found.binding);
  }
  const { value } = found.binding;
  const modules = listIn(value);
  return modules ? appendTo(file, modules, module) : concatenate(file, value, module);
};

/** `value ++ [ item ]`. */
const concatenate = (file: NixFile, value: Expr, item: Expr): Edited => {
  const { start, end }: Range = rangeOf(value);
  const style = styleOf(file.text);
  const grouped = value.parens === undefined && needsParentheses(value);
  const added = textAt(itemFragment(list([item])), indentation(file.text, start), style);
  return splice(file, [
    ...(grouped ? [{ start, end: start, text: "(" }] : []),
    { start: end, end, text: `${grouped ? ")" : ""} ++ ${added}` },
  ]);
};

/** True if a value needs parentheses as the left operand of `++`. */
const needsParentheses = (value: Expr): boolean => {
  switch (value.kind) {
    case "binary":
      return value.operator !== "++";
    case "lambda":
    case "let":
    case "with":
    case "assert":
    case "if":
    case "unary":
      return true;
    default:
      return false;
  }
};
