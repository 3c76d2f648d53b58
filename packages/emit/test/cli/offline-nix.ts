import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import type { Nix } from "../../../../test/nix/harness.js";

const standIns = fileURLToPath(new URL("../../../../test/inputs", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "emit-check-"));
const unstable = join(root, "nixpkgs-unstable");

beforeAll(() => {
  cpSync(join(standIns, "nixpkgs"), unstable, { recursive: true });
  cpSync(join(standIns, "nixpkgs-unstable"), unstable, { recursive: true });
});
afterAll(() => {
  // Nix removes write permissions in its store.
  spawnSync("chmod", ["-R", "u+w", root]);
  rmSync(root, { recursive: true, force: true });
});

/** Flags that replace inputs with those of `test/inputs`. */
export const overridesOf = (...names: readonly string[]): string[] =>
  names.flatMap((name) => [
    "--override-input",
    name,
    `path:${name === "nixpkgs-unstable" ? unstable : join(standIns, name)}`,
  ]);
export const overrides = overridesOf("nixpkgs", "nixpkgs-unstable", "microvm");

/** An environment with a separate, offline Nix on the PATH and a temporary directory that tests can inspect. */
export const nixEnvironment = ({ binary, version }: Nix): NodeJS.ProcessEnv & { readonly TMPDIR: string } => {
  const place = join(root, version.replaceAll(/\W+/g, "-"));
  const at = (name: string): string => join(place, name);
  if (!existsSync(place)) {
    for (const name of ["bin", "etc", "home", "tmp"]) mkdirSync(at(name), { recursive: true });
    symlinkSync(binary, at("bin/nix"));
    writeFileSync(at("etc/registry.json"), JSON.stringify({ flakes: [], version: 2 }));
  }
  return {
    PATH: `${at("bin")}:${process.env["PATH"] ?? ""}`,
    HOME: at("home"),
    TMPDIR: at("tmp"),
    NIX_CONF_DIR: at("etc"),
    NIX_STORE_DIR: at("store"),
    NIX_STATE_DIR: at("var"),
    NIX_LOCALSTATE_DIR: at("var"),
    NIX_LOG_DIR: at("log"),
    NIX_REMOTE: "local",
    NIX_CONFIG: [
      `flake-registry = ${at("etc/registry.json")}`,
      "substitute = false",
      "substituters =",
      "build-users-group =",
      "sandbox = false",
      "connect-timeout = 1",
      "download-attempts = 1",
    ].join("\n"),
  };
};
