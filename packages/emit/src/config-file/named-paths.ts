/** Finds the paths in a config that is not validated yet. */
import { join, resolve } from "pathe";
import { isNode, type Node } from "@microvm-emit/nix-ast";
import { namesIn } from "./nix-names.js";

/** Absolute paths. */
export interface NamedPaths {
  readonly modules: readonly string[];
  /** Folders with files that the config's Nix names by an expression. */
  readonly bases: readonly string[];
  readonly inputs: readonly string[];
}

export const namedPaths = (
  config: unknown,
  { configDir, outputDir }: { readonly configDir: string; readonly outputDir: string },
): NamedPaths => {
  // Paths in the config's Nix are relative to the emitted file, which may be in any of these folders.
  const written = nodesIn(config).flatMap((node) =>
    ["", "modules", "hosts/host", "hosts/host/vms"].map((folder) =>
      namesIn(node, { folder: join(outputDir, folder), flake: outputDir }),
    ),
  );
  return {
    modules: [
      ...textsAt(config, moduleSettings)
        .filter((path) => /^\.{1,2}\//.test(path))
        .map((path) => resolve(configDir, path)),
      ...written.flatMap(({ paths }) => paths),
    ],
    bases: written.flatMap(({ bases }) => bases),
    inputs: textsAt(config, inputSettings).flatMap((url) => {
      const path = localPath(url);
      return path === undefined ? [] : [resolve(outputDir, path)];
    }),
  };
};

const vmSettings = ["modules.*", "home.*", "user.home.*", "users.*.home.*"];

const moduleSettings = [
  "hosts.*.modules.*",
  "hosts.*.user.home.*",
  ...["hosts.*.vmDefaults", "hosts.*.vms.*"].flatMap((vm) => vmSettings.map((setting) => `${vm}.${setting}`)),
];

const inputSettings = ["inputs.*", "inputs.*.url", "hosts.*.importedVms.*.updateFlake"];

const textsAt = (config: unknown, settings: readonly string[]): readonly string[] =>
  settings
    .flatMap((setting) => setting.split(".").reduce<readonly unknown[]>((parts, step) => inside(parts, step), [config]))
    .filter((part) => typeof part === "string");

const inside = (parts: readonly unknown[], step: string): readonly unknown[] =>
  parts.flatMap((part): readonly unknown[] => {
    if (typeof part !== "object" || part === null || isNode(part)) return [];
    return step === "*" ? Object.values(part) : [(part as Readonly<Record<string, unknown>>)[step]];
  });

/** All Nix nodes in a config, which may contain cycles. */
const nodesIn = (config: unknown): readonly Node[] => {
  const found: Node[] = [];
  const seen = new Set<object>();
  const waiting: unknown[] = [config];
  while (waiting.length > 0) {
    const part = waiting.pop();
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    if (isNode(part)) found.push(part);
    else for (const inner of Object.values(part)) waiting.push(inner);
  }
  return found;
};

/** The local path of a flake reference, such as `path:../x?dir=sub` or `git+file:///x`. */
const localPath = (reference: string): string | undefined => {
  const [, scheme, path] = /^((?:path|(?:[a-z]+\+)?file):(?:\/\/)?)?([^?#]*)/.exec(reference) ?? [];
  if (path === undefined || (scheme === undefined && !/^(?:\.{1,2}(?:\/|$)|\/)/.test(path))) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};
