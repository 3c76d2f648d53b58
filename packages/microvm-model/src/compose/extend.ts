import type { Expr } from "@microvm-emit/nix-ast";
import type { Agent } from "../catalogue/agent.js";
import { asReplacement, merge, removal, settled } from "./merge.js";

/** Changes to a part of a config: any of its settings, at any depth. An agent or Nix is always replaced as a whole. */
export type Changes<Part> = Part extends Expr | Agent | readonly unknown[] | ((...parameters: never) => unknown)
  ? Part
  : Part extends object
    ? { readonly [Setting in keyof Part]?: Changes<Part[Setting]> | undefined }
    : Part;

/**
 * A config, host, VM or any other part with changes, of which the last one wins; no argument is modified.
 *
 * Objects merge by key, and lists are concatenated, the items of the base first. Text, numbers, booleans, null, agents and Nix
 * replace the previous value, and so does a value of another kind (`firewall: false` over `firewall: { … }`). An `undefined`
 * setting changes nothing. `replace([…])` replaces a list or object, and `unset` removes a setting or entry.
 *
 * `extend(a, extend(b, c))` equals `extend(extend(a, b), c)`, so changes can be combined before there is a base.
 *
 * With a literal base, name its type: `extend<Vm>({ … }, { … })`.
 *
 * @example
 *
 * ```ts
 * import { extend, replace, type Vm } from "microvm-emit";
 *
 * const base: Vm = { vcpu: 2, packages: ["git"], shares: [{ tag: "data", source: "/srv/data" }] };
 * const vm = extend(base, { vcpu: 4, packages: ["jq"], shares: replace([]) });
 * console.log(JSON.stringify(vm));
 * ```
 *
 * ```text
 * {"vcpu":4,"packages":["git","jq"],"shares":[]}
 * ```
 */
export const extend = <Part extends object>(base: Part, ...changes: readonly Changes<NoInfer<Part>>[]): Part =>
  changes.reduce<unknown>(merge, settled(base)) as Part;

/** A list or object that replaces the previous value, in `extend` or in a VM with `vmDefaults`. */
export const replace = <Value extends object>(value: Value): Value => asReplacement(value) as Value;

/**
 * Removes a setting or entry: over `{ vcpu: 4 }`, `{ vcpu: unset }` restores the default. It has no type, so that every
 * setting accepts it.
 */
export const unset: never = removal as never;
