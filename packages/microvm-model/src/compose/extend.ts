import type { Expr } from "@microvm-emit/nix-ast";
import type { Agent } from "../catalogue/agent.js";
import { asReplacement, merge, removal, settled } from "./merge.js";

/** What may be laid over a part of a config: any of its settings, at any depth. Agents and Nix are given whole. */
export type Changes<Part> = Part extends Expr | Agent | readonly unknown[] | ((...parameters: never) => unknown)
  ? Part
  : Part extends object
    ? { readonly [Setting in keyof Part]?: Changes<Part[Setting]> | undefined }
    : Part;

/**
 * A config, host, VM or any other part with changes laid over it, the last one on top; nothing given is changed.
 *
 * Objects merge by key, and lists are joined, the base's items first. Text, numbers, true and false, null, agents and Nix
 * replace what was there, and so does a value of another kind (`firewall: false` over `firewall: { … }`). A setting that is
 * `undefined` says nothing. `replace([…])` takes the place of a list or object, and `unset` takes a setting or entry away.
 *
 * `extend(a, extend(b, c))` is `extend(extend(a, b), c)`: changes can be put together before there is a base.
 *
 * Where the base is written in place, name what it is: `extend<Vm>({ … }, { … })`.
 */
export const extend = <Part extends object>(base: Part, ...changes: readonly Changes<NoInfer<Part>>[]): Part =>
  changes.reduce<unknown>(merge, settled(base)) as Part;

/** A list or object that takes the place of what it is laid over, by `extend` or as a VM's over `vmDefaults`. */
export const replace = <Value extends object>(value: Value): Value => asReplacement(value) as Value;

/**
 * Takes a setting or entry away: over `{ vcpu: 4 }`, `{ vcpu: unset }` leaves the built-in default. It has no type, so
 * that it can be written for any.
 */
export const unset: never = removal as never;
