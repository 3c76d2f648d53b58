import type { InputPlan } from "@microvm-emit/model";
import {
  addFlakeInput,
  addModule,
  attrs,
  type Binding,
  binding,
  call,
  type EditError,
  type Expr,
  getAttr,
  ident,
  inherit,
  inheritFrom,
  inputReference,
  list,
  type NixFile,
  openNix,
  type ParseError,
  path,
  type Result,
  select,
  staticName,
} from "@microvm-emit/nix-ast";
import { literalText } from "./literal-text.js";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";

/** A host whose modules a user's flake imports. */
export interface ImportedHost {
  readonly name: string;
  /** The folder of its modules, relative to the flake, such as `./microvms/hosts/workstation`. */
  readonly folder: string;
  readonly inputs: readonly InputPlan[];
}

/**
 * Adds the inputs that a host needs to a flake, and the host's module to its `nixosSystem` call.
 *
 * If the flake has an input under another name, it uses this input. Fails if the flake has no literal call of
 * `nixosSystem` to edit.
 */
export const importHost = (text: string, host: ImportedHost): Result<EditError | ParseError, string> => {
  const opened = openNix(text);
  if (opened._tag === "Left") return opened;
  return pipe(
    addInputs(opened.right, host.inputs),
    E.chain(({ file, names }) =>
      pipe(
        moduleOf(file, host.folder, names),
        E.chain((module) => addModule(file, { system: host.name }, module)),
      ),
    ),
    E.map((file) => file.text),
  );
};

/** Adds only the inputs that a host needs to a flake. */
export const importInputs = (text: string, host: ImportedHost): Result<EditError | ParseError, string> => {
  const opened = openNix(text);
  if (opened._tag === "Left") return opened;
  return pipe(
    addInputs(opened.right, host.inputs),
    E.map(({ file }) => file.text),
  );
};

/** The inputs that a flake lacks, and the module, for a flake that has to be changed by hand. */
export const handWritten = (text: string, { folder, inputs }: ImportedHost): Expr => {
  const opened = openNix(text);
  const missing =
    opened._tag === "Left"
      ? inputs
      : inputs.filter(({ name, url }) => inputLike(opened.right, name, url) === undefined);
  const lacked = attrs(
    missing.map(({ name, url, follows }) =>
      binding(
        name,
        attrs([
          binding("url", url),
          ...Object.entries(follows).map(([inner, outer]) => binding(["inputs", inner, "follows"], outer)),
        ]),
      ),
    ),
  );
  return attrs([
    ...(missing.length === 0 ? [] : [binding("inputs", lacked)]),
    binding(
      "modules",
      list([call(select(ident("nixpkgs"), "lib", "modules", "importApply"), path(folder), attrs([inherit("inputs")]))]),
    ),
  ]);
};

interface WithInputs {
  readonly file: NixFile;
  /** The name of each input in the user's flake, by its name in the plan. */
  readonly names: ReadonlyMap<string, string>;
}

const addInputs = (opened: NixFile, inputs: readonly InputPlan[]): Result<EditError, WithInputs> =>
  inputs.reduce<Result<EditError, WithInputs>>(
    (before, { name, url, follows, flake }) =>
      pipe(
        before,
        E.chain(({ file, names }) => {
          const existing = inputLike(file, name, url);
          const named = (next: NixFile, as: string): WithInputs => ({
            file: next,
            names: new Map([...names, [name, as]]),
          });
          if (existing !== undefined) return E.right(named(file, existing));
          const followed = Object.fromEntries(
            Object.entries(follows).map(([inner, outer]) => [inner, names.get(outer) ?? outer]),
          );
          return pipe(
            addFlakeInput(file, name, { url, follows: followed, ...(flake ? {} : { flake }) }),
            E.map((next) => named(next, name)),
          );
        }),
      ),
    E.right({ file: opened, names: new Map() }),
  );

/** The name of an input of the flake for the same repository, or with the same name. */
const inputLike = (file: NixFile, name: string, url: string): string | undefined => {
  const names = inputNames(file);
  return names.find((other) => other === name) ?? names.find((other) => isSameSource(urlOf(file, other), url));
};

const inputNames = (file: NixFile): readonly string[] => {
  const outputs = getAttr(file, ["outputs"]);
  const formals = outputs?.kind === "lambda" && outputs.param.kind === "formals" ? outputs.param.formals : [];
  const inputs = getAttr(file, ["inputs"]);
  const written = inputs?.kind === "attrs" ? inputs.bindings : [];
  return [
    ...new Set([
      ...written.flatMap((one) => (one.kind === "binding" ? (staticName(one.path[0]) ?? []) : [])),
      ...formals.map((formal) => formal.name).filter((formal) => formal !== "self"),
    ]),
  ];
};

const urlOf = (file: NixFile, name: string): string | undefined => literalText(getAttr(file, ["inputs", name, "url"]));

/** `github:owner/repository/ref` and `github:Owner/repository` name the same repository; releases of nixpkgs differ by ref. */
const isSameSource = (one: string | undefined, other: string): boolean => {
  const repository = (url: string): string | undefined => /^github:([\w.-]+\/[\w.-]+)/.exec(url)?.[1]?.toLowerCase();
  const of = one === undefined ? undefined : repository(one);
  return of !== undefined && of !== "nixos/nixpkgs" && of === repository(other);
};

/** `nixpkgs.lib.modules.importApply ./microvms/hosts/NAME { inputs = { … }; }` */
const moduleOf = (file: NixFile, folder: string, names: ReadonlyMap<string, string>): Result<EditError, Expr> =>
  pipe(
    [...names].reduce<Result<EditError, readonly (readonly [string, Expr])[]>>(
      (before, [name, as]) =>
        pipe(
          before,
          E.chain((found) =>
            pipe(
              inputReference(file, as),
              E.map((reference) => [...found, [name, reference] as const]),
            ),
          ),
        ),
      E.right([]),
    ),
    E.chain((inputs) =>
      pipe(
        inputReference(file, names.get("nixpkgs") ?? "nixpkgs", ["lib", "modules", "importApply"]),
        E.map((importApply) =>
          call(importApply, path(folder), attrs([binding("inputs", attrs(inputs.map(inputBinding)))])),
        ),
      ),
    ),
  );

/** `inherit name`, `inherit (inputs) name` or `name = reference`. */
const inputBinding = ([name, reference]: readonly [string, Expr]): Binding => {
  if (reference.kind === "ident" && reference.name === name) return inherit(name);
  if (reference.kind === "select" && reference.path.length === 1 && staticName(reference.path[0]) === name)
    return inheritFrom(reference.target, name);
  return binding(name, reference);
};
