/** Resolves variables by the rules of Nix (`Expr::bindVars`). */
import { childrenOf } from "../children.js";
import type {
  Attrs,
  Binding,
  DynamicName,
  Expr,
  Formal,
  Formals,
  Ident,
  IdentParam,
  Inherit,
  Lambda,
  LegacyLet,
  Let,
  Node,
  ValueBinding,
  With,
} from "../expr.js";
import { nameOf, staticName } from "../names.js";
import { isGlobal } from "./globals.js";

/** A node that declares variables. `attrs` is a `rec` set. A `with` declares names that only evaluation knows. */
export interface Scope {
  /** The node whose scope this is. */
  readonly node: Let | LegacyLet | Attrs | Lambda | With;
  /** The scope around it. */
  readonly parent: Scope | undefined;
  /** The variables by name; empty for a `with`. */
  readonly variables: ReadonlyMap<string, Variable>;
}

/** A variable of a {@link Scope}. */
export interface Variable {
  /** The name. */
  readonly name: string;
  /** The scope that declares it. */
  readonly scope: Scope;
  /**
   * The nodes that declare it. `let a.b = 1; a.c = 2; in …` declares `a` twice. The name of a whole argument,
   * `{ … }@args`, is declared by its formals.
   */
  readonly declarations: readonly Declaration[];
  /** Its uses, in order. */
  readonly references: readonly Reference[];
}

/** A node that declares a variable. */
export type Declaration = ValueBinding | Inherit | IdentParam | Formal | Formals;

/** The use of a name: a variable, or a name of an `inherit` without a set. */
export type Reference = {
  /** The name. */
  readonly name: string;
  /** The node that uses it. */
  readonly node: Ident | Inherit;
  /** The innermost scope around it; undefined outside of all scopes. */
  readonly scope: Scope | undefined;
} & Resolution;

/** The meaning of a name. */
export type Resolution =
  /** A variable of the tree. */
  | { readonly kind: "variable"; readonly variable: Variable }
  /** A global name of Nix, such as `builtins`, `map` or `true`. A `with` cannot redefine it. */
  | { readonly kind: "global" }
  /** An unknown name in the body of a `with`, whose set may define it. `with` is the innermost one. */
  | { readonly kind: "with"; readonly with: With }
  /** Undefined in this tree. */
  | { readonly kind: "free" };

/** Code that is evaluated only if a variable is used. */
export interface Owner {
  readonly references: Reference[];
}

interface MutableScope extends Scope {
  readonly parent: MutableScope | undefined;
  readonly variables: Map<string, MutableVariable>;
  readonly depth: number;
}

export interface MutableVariable extends Variable {
  readonly scope: MutableScope;
  readonly declarations: Declaration[];
  readonly references: Reference[];
  /** The code that the variable stands for. */
  readonly owners: Owner[];
}

/** All scopes and references of a tree. */
export interface Analysis {
  readonly scopes: readonly MutableScope[];
  readonly references: readonly Reference[];
  /** The variables in order of their declarations. */
  readonly variables: readonly MutableVariable[];
  /** The code that belongs to no variable. */
  readonly root: Owner;
}

/** A set after the merge of its definitions: `a = rec { … }; a.b = 1;` is one recursive set. */
interface MergedSet {
  /** The scope of values. */
  readonly inner: MutableScope | undefined;
  /** The scope of `inherit` without a set. */
  readonly outer: MutableScope | undefined;
  /** True if its attributes are variables of `inner`. */
  readonly declares: boolean;
  readonly sets: Map<string, MergedSet>;
}

interface Task {
  readonly node: Node;
  readonly scope: MutableScope | undefined;
  readonly owner: Owner;
  /** The set of a binding, or the set into which Nix merges a literal set. */
  readonly set?: MergedSet | undefined;
}

interface Unresolved {
  readonly name: string;
  readonly node: Ident | Inherit;
  readonly scope: MutableScope | undefined;
  readonly owner: Owner;
}

/** Finds all scopes, and resolves all references. */
export const analyze = (root: Expr): Analysis => {
  const walk = new Walk(root);
  const references = walk.unresolved.map(({ owner, ...use }) => {
    const resolution = resolve(use.name, use.scope);
    const reference: Reference = { ...use, ...resolution };
    if (resolution.kind === "variable") (resolution.variable as MutableVariable).references.push(reference);
    owner.references.push(reference);
    return reference;
  });
  return { scopes: walk.scopes, references, variables: walk.variables, root: walk.root };
};

const resolve = (name: string, from: MutableScope | undefined): Resolution => {
  let innermost: With | undefined;
  for (let scope = from; scope !== undefined; scope = scope.parent) {
    const variable = scope.variables.get(name);
    if (variable) return { kind: "variable", variable };
    if (scope.node.kind === "with") innermost ??= scope.node;
  }
  if (isGlobal(name)) return { kind: "global" };
  return innermost ? { kind: "with", with: innermost } : { kind: "free" };
};

class Walk {
  readonly scopes: MutableScope[] = [];
  readonly variables: MutableVariable[] = [];
  readonly unresolved: Unresolved[] = [];
  readonly root: Owner = { references: [] };
  readonly #stack: Task[] = [];

  constructor(root: Expr) {
    this.#push([{ node: root, scope: undefined, owner: this.root }]);
    for (let task = this.#stack.pop(); task !== undefined; task = this.#stack.pop()) this.#enter(task);
  }

  /** Adds tasks, the first one on top. */
  #push(tasks: readonly Task[]): void {
    for (let i = tasks.length - 1; i >= 0; i--) this.#stack.push(tasks[i] as Task);
  }

  #scope(node: Scope["node"], parent: MutableScope | undefined): MutableScope {
    const scope = { node, parent, variables: new Map<string, MutableVariable>(), depth: (parent?.depth ?? -1) + 1 };
    this.scopes.push(scope);
    return scope;
  }

  #declare(scope: MutableScope, name: string, declaration: Declaration): MutableVariable {
    let variable = scope.variables.get(name);
    if (variable === undefined) {
      variable = { name, scope, declarations: [], references: [], owners: [] };
      scope.variables.set(name, variable);
      this.variables.push(variable);
    }
    if (variable.declarations.at(-1) !== declaration) variable.declarations.push(declaration);
    return variable;
  }

  #enter({ node, scope, owner, set }: Task): void {
    switch (node.kind) {
      case "ident":
        this.unresolved.push({ name: node.name, node, scope, owner });
        break;
      case "with":
        this.#push([
          { node: node.scope, scope, owner },
          { node: node.body, scope: this.#scope(node, scope), owner },
        ]);
        break;
      case "lambda": {
        const inner = this.#scope(node, scope);
        this.#push([...this.#parameter(node.param, inner, owner), { node: node.body, scope: inner, owner }]);
        break;
      }
      case "attrs":
        this.#bindings(node.bindings, set ?? this.#set(node, scope), owner);
        break;
      case "let": {
        const let_ = this.#set(node, scope);
        this.#push([{ node: node.body, scope: let_.inner, owner }]);
        this.#bindings(node.bindings, let_, owner);
        break;
      }
      case "legacyLet":
        this.#bindings(node.bindings, this.#set(node, scope), owner);
        break;
      case "binding":
        if (set) this.#binding(node, set, owner);
        break;
      case "inherit":
        if (set) this.#inherit(node, set, owner);
        break;
      default:
        this.#push(childrenOf(node).map((child) => ({ node: child, scope, owner })));
    }
  }

  #set(node: Attrs | Let | LegacyLet, outer: MutableScope | undefined): MergedSet {
    const declares = node.kind !== "attrs" || node.recursive;
    return { inner: declares ? this.#scope(node, outer) : outer, outer, declares, sets: new Map() };
  }

  #bindings(bindings: readonly Binding[], set: MergedSet, owner: Owner): void {
    this.#push(bindings.map((node) => ({ node, scope: set.inner, owner, set })));
  }

  #parameter(param: Lambda["param"], inner: MutableScope, owner: Owner): readonly Task[] {
    if (param.kind === "identParam") {
      this.#declare(inner, param.name, param);
      return [];
    }
    if (param.as?.side === "before") this.#declare(inner, param.as.name, param);
    const defaults = param.formals.flatMap((formal): readonly Task[] => {
      const variable = this.#declare(inner, formal.name, formal);
      return formal.default
        ? [{ node: formal.default, scope: inner, owner: ownerOf(variable, { references: [] }, owner) }]
        : [];
    });
    if (param.as?.side === "after") this.#declare(inner, param.as.name, param);
    return defaults;
  }

  #binding(node: ValueBinding, root: MergedSet, around: Owner): void {
    const { path, value } = node;
    let set = root;
    let owner = around;
    const tasks: Task[] = [];
    path.forEach((step, i) => {
      const name = staticName(step);
      if (name === undefined) tasks.push({ node: step as DynamicName, scope: set.inner, owner });
      else if (set.declares && set.inner) {
        owner = ownerOf(this.#declare(set.inner, name, node), { references: [] }, owner);
      }
      if (i < path.length - 1) set = within(set, name);
      else if (value.kind !== "attrs" || name === undefined) tasks.push({ node: value, scope: set.inner, owner });
      else {
        let merged = set.sets.get(name);
        if (merged === undefined) {
          merged = this.#set(value, set.inner);
          set.sets.set(name, merged);
        }
        tasks.push({ node: value, scope: set.inner, owner, set: merged });
      }
    });
    this.#push(tasks);
  }

  #inherit(node: Inherit, set: MergedSet, around: Owner): void {
    /** The code of the set in parentheses, which is used if one of the names is. */
    const shared: Owner = { references: [] };
    const owners = node.names.map((one) => {
      const name = nameOf(one);
      let owner = around;
      if (set.declares && set.inner) {
        const variable = this.#declare(set.inner, name, node);
        owner = ownerOf(variable, node.from ? shared : { references: [] }, around);
      }
      if (node.from === undefined) this.unresolved.push({ name, node, scope: set.outer, owner });
      return owner;
    });
    if (node.from === undefined) return;
    const owner = owners.every((one) => one === shared) ? shared : around;
    this.#push([{ node: node.from, scope: set.inner, owner }]);
  }
}

/** The set of an attribute, of which this is the first definition or a further one. */
const within = (set: MergedSet, name: string | undefined): MergedSet => {
  const found = name === undefined ? undefined : set.sets.get(name);
  if (found) return found;
  const made = { inner: set.inner, outer: set.inner, declares: false, sets: new Map<string, MergedSet>() };
  if (name !== undefined) set.sets.set(name, made);
  return made;
};

/** The owner of the code of a variable. Code of a variable that counts as used has the owner around it. */
const ownerOf = (variable: MutableVariable, owner: Owner, around: Owner): Owner => {
  if (countsAsUsed(variable)) return around;
  variable.owners.push(owner);
  return owner;
};

/** True for attributes of sets, and for names of variables that are unused on purpose: `_` and `_unused`. */
export const countsAsUsed = ({ name, scope: { node } }: Variable): boolean =>
  node.kind === "attrs" || (node.kind === "legacyLet" && name === "body") || name.startsWith("_");
