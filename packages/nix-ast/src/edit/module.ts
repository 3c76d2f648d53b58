/** Reads and edits options in NixOS modules, and in other modules for `lib.evalModules`. */
import { attrs, binding } from "../build.js";
import type { AttrPath, Expr, List } from "../expr.js";
import type { Result } from "../result.js";
import { toNix, type NixInput } from "../to-nix.js";
import { getAttr, insertAttr, obstacle, removeAttr, setAttr, valueOf } from "./attributes.js";
import { fail, right, type EditError, type Edited, type NixFile } from "./file.js";
import {
  calledBy,
  definitions,
  listsIn,
  placeFor,
  rangeOf,
  resultOf,
  setIn,
  setsIn,
  type Block,
  type Definition,
} from "./find.js";
import { appendTo } from "./lists.js";
import { removeNode } from "./nodes.js";
import { showPath, throughOf, type Names, type NixPath } from "./steps.js";

/** Functions of `lib` around definitions. The last argument is the value. */
const OPTIONS = {
  through: [
    "mkIf",
    "mkMerge",
    "mkForce",
    "mkDefault",
    "mkOverride",
    "mkVMOverride",
    "mkImageMediaOverride",
    "mkOptionDefault",
    "mkOrder",
    "mkBefore",
    "mkAfter",
    "optionalAttrs",
  ],
} as const;
const THROUGH = throughOf(OPTIONS);

/** Attributes of modules that are not options. */
const RESERVED: ReadonlySet<string> = new Set(["config", "options", "imports", "disabledModules", "_class", "_file"]);

/** One definition of an option in a module. */
export interface OptionDefinition {
  /** The value in the file, such as `lib.mkForce true`. A combined set has no offsets. */
  readonly value: Expr;
  /** The conditions of `mkIf` around the definition, outermost first. */
  readonly conditions: readonly Expr[];
}

/** A module in a file. */
interface Module {
  readonly set: Block;
  /** The path of its options in the file. */
  readonly path: NixPath;
  /** The path of its options in the set: `config`, or nothing. */
  readonly prefix: Names;
}

/**
 * A module with `config` or `options` defines its options in `config`. In other modules, the attributes are options.
 * From `unifyModuleSyntax` in `lib/modules.nix` of nixpkgs.
 */
const moduleOf = (set: Block, at: NixPath): Module => {
  const prefix = ["config", "options"].some((name) => definitions(set, [name]).length > 0) ? ["config"] : [];
  return { set, path: [...at, ...prefix], prefix };
};

/** The module of a file, and the modules that are written in its `imports` and in theirs. */
const modulesOf = (file: NixFile): Result<EditError, readonly [Module, ...Module[]]> => {
  const set = setIn(file.expr);
  if (set === undefined) {
    const message = "the file is not a module that is a literal set; edit the file with the set";
    return fail("notASet", message, rangeOf(resultOf(file.expr)));
  }
  const modules: [Module, ...Module[]] = [moduleOf(set, [])];
  for (const { set: outer, path, prefix } of modules) {
    const imports = valueOf(definitions(outer, ["imports"]));
    const items = imports ? listsIn(imports).flatMap((list) => list.items) : [];
    for (const [index, item] of items.entries()) {
      const inner = setIn(item);
      const at = path.slice(0, path.length - prefix.length);
      if (inner) modules.push(moduleOf(inner, [...at, "imports", { item: index }]));
    }
  }
  return right(modules);
};

interface Found extends Module {
  readonly found: readonly Definition[];
}

/** The module of a file, and the modules that define an option. */
const search = (
  file: NixFile,
  option: Names,
): Result<EditError, { readonly main: Module; readonly all: readonly Found[] }> => {
  const [first] = option;
  if (first === undefined) return fail("invalid", "empty path; name an option");
  if (RESERVED.has(first)) {
    return fail(
      "invalid",
      `\`${first}\` is not an option; name options without \`config\`, and edit other parts with setAttr`,
    );
  }
  const modules = modulesOf(file);
  if (modules._tag === "Left") return modules;
  const all = modules.right.map((module) => ({
    ...module,
    // The options in a `config` without a literal set are unknown.
    found: definitions(module.set, [...module.prefix, ...option], THROUGH).filter(
      (one) => one.kind !== "opaque" || one.set !== module.set || one.binding.path.length > module.prefix.length,
    ),
  }));
  return right({ main: modules.right[0], all: all.filter(({ found }) => found.length > 0) });
};

/** Definitions, grouped by the enclosing set that is a separate value, such as an item of `mkMerge`. */
const byBranch = (all: readonly Found[]): readonly (readonly Definition[])[] => {
  const groups = new Map<Block, Definition[]>();
  for (const one of all.flatMap(({ found }) => found)) groups.set(one.branch, [...(groups.get(one.branch) ?? []), one]);
  return [...groups.values()];
};

/**
 * The definitions of an option in a module: in `config` or at the top, in `mkIf`, `mkMerge` and the other functions of
 * `lib` for definitions, and in modules that are written in `imports`. Empty if the file does not define the option in a
 * literal set.
 */
export const getOption = (file: NixFile, option: Names): readonly OptionDefinition[] => {
  const found = search(file, option);
  if (found._tag === "Left") return [];
  return byBranch(found.right.all).flatMap((group) => {
    const value = valueOf(group);
    return value === undefined ? [] : [{ value, conditions: group[0]?.conditions ?? [] }];
  });
};

/**
 * Sets an option in a module. Replaces its definition, even inside `mkIf` or `mkMerge`. A new definition goes to
 * `config` or to the top, as the module requires, and under as few conditions as possible: into `mkIf cfg.enable { … }`
 * if that is the whole `config`, but as a new item into `mkMerge [ … ]`. An error if several branches define the
 * option.
 *
 * @throws {ToNixError} or RangeError for a value that {@link toNix} rejects.
 *
 * @example
 *
 * ```ts
 * import { openNix, setOption } from "@microvm-emit/nix-ast";
 *
 * const file = openNix("{ lib, ... }:\n{\n  options.a = { };\n  config = lib.mkIf true {\n    b = 1;\n  };\n}\n");
 * const edited = file._tag === "Left" ? file : setOption(file.right, ["services", "web", "enable"], true);
 * if (edited._tag === "Right") console.log(edited.right.text);
 * ```
 *
 * ```nix
 * { lib, ... }:
 * {
 *   options.a = { };
 *   config = lib.mkIf true {
 *     b = 1;
 *     services.web.enable = true;
 *   };
 * }
 * ```
 */
export const setOption = (file: NixFile, option: Names, value: NixInput): Edited => {
  const node = toNix(value);
  const searched = search(file, option);
  if (searched._tag === "Left") return searched;
  const { main, all } = searched.right;
  const [only] = all;
  if (only === undefined) return insertOption(file, main, option, node);
  const branches = byBranch(all);
  const other = branches[1]?.[0];
  if (other === undefined) return setAttr(file, [...only.path, ...option], node, OPTIONS);
  const blocked = obstacle(branches.flat(), option);
  const message = `${String(branches.length)} parts of the module define \`${showPath(option)}\`; remove it with removeOption first, or set one of them with setAttr`;
  // An unknown set may define the option. It does not prevent a definition in another branch.
  return blocked ?? fail("ambiguous", message, other.binding);
};

const insertOption = (file: NixFile, { path, prefix }: Module, option: Names, node: Expr): Edited => {
  const at = [...path, ...option];
  const config = prefix.length > 0 ? getAttr(file, path) : undefined;
  const merge = config && mergedIn(config);
  if (merge) {
    const sets = setsIn(config, THROUGH);
    const place = sets.length > 0 ? placeFor(sets, option, THROUGH) : undefined;
    if (place === undefined || place.conditions.length > merge.conditions) {
      return appendTo(file, merge.list, attrs([binding(option as unknown as AttrPath, node)]));
    }
  }
  return insertAttr(file, at, node, OPTIONS);
};

/** The list of the outermost `mkMerge`, and the number of conditions for it. */
const mergedIn = (config: Expr): { readonly list: List; readonly conditions: number } | undefined => {
  let conditions = 0;
  for (let at = resultOf(config); at.kind === "call";) {
    const { name = "", args } = calledBy(at);
    const last = args.at(-1);
    if (last === undefined || !THROUGH.has(name)) return undefined;
    const list = listsIn(last).at(-1);
    if (list !== undefined) return name === "mkMerge" ? { list, conditions } : undefined;
    if (args.length > 1) conditions++;
    at = resultOf(last);
  }
  return undefined;
};

/**
 * Removes all definitions of an option from a module, with the comments directly above and after them, and an item of
 * `mkMerge` that contains nothing else.
 */
export const removeOption = (file: NixFile, option: Names): Edited => {
  const searched = search(file, option);
  if (searched._tag === "Left") return searched;
  const [one] = searched.right.all;
  if (one === undefined) return fail("missing", `the module does not define \`${showPath(option)}\``);
  const [first] = one.found;
  const isItem =
    first !== undefined && first.set === first.branch && first.set !== first.root && first.set.bindings.length === 1;
  const asItem = isItem && one.found.length === 1 ? removeNode(file, first.set) : undefined;
  const edited = asItem?._tag === "Right" ? asItem : removeAttr(file, [...one.path, ...option], OPTIONS);
  if (edited._tag === "Left") return edited;
  const rest = search(edited.right, option);
  return rest._tag === "Right" && rest.right.all.length > 0 ? removeOption(edited.right, option) : edited;
};
