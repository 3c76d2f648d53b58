import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Expr, nodesOf, parse, staticName } from "@microvm-emit/nix-ast";
import { literalText } from "./literal-text.js";

/** The facts in the Nix files of a folder; each value once. Expressions that are no literals are not facts. */
export interface HostFiles {
  /** The names of `nixosConfigurations` in its flake.nix. */
  readonly systems: readonly string[];
  /** Values of `networking.hostName`. */
  readonly hostNames: readonly string[];
  /** True if a value of `networking.hostName` is no literal: its text is unknown. */
  readonly isHostNameComputed: boolean;
  /** Values of `system.stateVersion`. */
  readonly stateVersions: readonly string[];
  /** The users with `isNormalUser`, and the keys that may log in as them. */
  readonly users: ReadonlyMap<string, readonly string[]>;
}

/** Reads the facts of a host in the Nix files of a folder. */
export const readHostFiles = (directory: string): HostFiles => {
  const files = nixFilesIn(directory).flatMap((file) => {
    const parsed = parse(readFileSync(file, "utf8"));
    return parsed._tag === "Left" ? [] : [{ file, settings: settingsOf(parsed.right) }];
  });
  const settings = files.flatMap((one) => one.settings);
  const valuesOf = (...wanted: readonly string[]): readonly Expr[] =>
    settings.filter(({ path }) => endsWith(path, wanted)).map(({ value }) => value);
  const hostNames = valuesOf("networking", "hostName");
  const normal = settings.flatMap(({ path, value }) => {
    const [root, users, name, setting] = path.slice(-4);
    const isNormal = setting === "isNormalUser" && value.kind === "ident" && value.name === "true";
    return root === "users" && users === "users" && name !== undefined && isNormal ? [name] : [];
  });
  const ofFlake = files.filter(({ file }) => file === join(directory, "flake.nix")).flatMap((one) => one.settings);
  return {
    systems: unique(ofFlake.flatMap(({ path }) => path[path.indexOf("nixosConfigurations") + 1 || path.length] ?? [])),
    hostNames: unique(textsOf(hostNames)),
    isHostNameComputed: hostNames.some((value) => literalText(value) === undefined),
    stateVersions: unique(textsOf(valuesOf("system", "stateVersion"))),
    users: new Map(
      unique(normal).map((name) => [
        name,
        unique(
          valuesOf("users", "users", name, "openssh", "authorizedKeys", "keys").flatMap((value) =>
            value.kind === "list" ? textsOf(value.items) : [],
          ),
        ),
      ]),
    ),
  };
};

/** Deeper folders of a host's configuration contain modules of programs. */
const maxDepth = 4;
const maxFiles = 300;

const nixFilesIn = (directory: string): readonly string[] => {
  const found: string[] = [];
  const search = (folder: string, depth: number): void => {
    if (depth > maxDepth) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
        search(join(folder, entry.name), depth + 1);
      if (entry.isFile() && entry.name.endsWith(".nix") && found.length < maxFiles)
        found.push(join(folder, entry.name));
    }
  };
  if (existsSync(directory)) search(directory, 0);
  return found;
};

interface Setting {
  readonly path: readonly string[];
  readonly value: Expr;
}

/** The settings of all sets in a file, by their path from each set around them. */
const settingsOf = (file: Expr): readonly Setting[] =>
  [...nodesOf(file)].flatMap((node) => (node.kind === "attrs" ? below(node, []) : []));

/** `a = { b.c = 1; }` has `a` and `a.b.c`. */
const below = (value: Expr, path: readonly string[]): readonly Setting[] => {
  if (value.kind === "let" || value.kind === "with") return below(value.body, path);
  return value.kind !== "attrs"
    ? []
    : value.bindings.flatMap((one) => {
        if (one.kind !== "binding") return [];
        const names = one.path.map(staticName).filter((name) => name !== undefined);
        if (names.length < one.path.length) return [];
        const whole = [...path, ...names];
        return [{ path: whole, value: one.value }, ...below(one.value, whole)];
      });
};

const endsWith = (path: readonly string[], end: readonly string[]): boolean =>
  path.length >= end.length && end.every((name, position) => path[path.length - end.length + position] === name);

const textsOf = (values: readonly Expr[]): readonly string[] => values.flatMap((value) => literalText(value) ?? []);

const unique = <A>(values: readonly A[]): readonly A[] => [...new Set(values)];
