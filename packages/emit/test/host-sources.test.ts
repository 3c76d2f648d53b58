/** What of the files around a config makes the host, and what is beside it. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { hostSources } from "../src/host-sources.js";
import { layOut, temporaryDirectory } from "./tree.js";

const lay = (): string => {
  const dir = temporaryDirectory();
  layOut(dir, {
    ".git/HEAD": "",
    "package.json": "{}",
    "node_modules/microvm-emit/package.json": "{}",
    "vms/microvm.config.ts": 'import { web } from "./profiles.js";\nimport x from "../lib/x";\nexport default web;\n',
    "vms/profiles.ts": 'export { web } from "./deep/index.ts";\nimport fs from "node:fs";\n',
    "vms/deep/index.ts": 'const later = () => import("./../profiles.ts");\n',
    "lib/x.ts": "",
    "vms/host.nix": "{ imports = [ ./more ../lib/a.nix ./gone.nix <nixpkgs> ]; x = ./${y}.nix; home = ~/x; }",
    "vms/more/default.nix": "{ imports = [ ./deeper.nix ]; }",
    "vms/more/deeper.nix": "{ files = [ ./data.txt ]; }",
    "vms/more/data.txt": "",
    "lib/a.nix": "{ broken",
    "lib/input/flake.nix": "{ }",
    "vms/workspace/main.ts": "",
    "other/main.ts": "",
  });
  return dir;
};

const config = {
  inputs: { lib: { url: "path:../lib/input" } },
  hosts: { h: { modules: ["./host.nix", "./gone.nix"], vms: { a: { workspace: "~/a" } } } },
};

describe("what a host is made of", () => {
  it("is the config and what it imports, modules and what they name, and what runs", () => {
    const dir = lay();
    const configDir = join(dir, "vms");
    const found = hostSources(config, {
      config: join(configDir, "microvm.config.ts"),
      configDir,
      outputDir: join(configDir, "flake"),
      lock: join(configDir, "microvm-emit.lock.json"),
    }).map(({ path, what }) => [relative(dir, path), what]);
    expect(found.filter(([path]) => path?.startsWith("../") === false)).toEqual([
      ["vms/microvm.config.ts", "the config of this host"],
      ["vms/flake", "the flake of this host"],
      ["vms/microvm-emit.lock.json", "the lock of this config"],
      ["vms/microvm.config.ts", "a file that the config imports"],
      ["vms/profiles.ts", "a file that the config imports"],
      ["lib/x.ts", "a file that the config imports"],
      ["vms/deep/index.ts", "a file that the config imports"],
      ["lib/input", "a file that the config names"],
      ["vms/host.nix", "a file that the config names"],
      ["vms/more", "a file that the config names"],
      ["lib/a.nix", "a file that the config names"],
      ["vms/more/deeper.nix", "a file that the config names"],
      ["vms/more/data.txt", "a file that the config names"],
      ["node_modules", "what runs with the config"],
      ["package.json", "what runs with the config"],
      [".git", "what runs with the config"],
    ]);
    // This package, and the code that it keeps.
    expect(found.filter(([path]) => path?.startsWith("../"))).toHaveLength(2);
  });

  it("goes round no circle", () => {
    const dir = temporaryDirectory();
    layOut(dir, { "microvm.config.ts": 'import "./b.ts";', "b.ts": 'import "./microvm.config.ts";' });
    mkdirSync(join(dir, "links"));
    symlinkSync("..", join(dir, "links", "up"));
    const places = {
      config: join(dir, "microvm.config.ts"),
      configDir: dir,
      outputDir: join(dir, "flake"),
      lock: join(dir, "l"),
    };
    const files = hostSources({ hosts: { h: { modules: ["./links/up"] } } }, places).map(({ path }) =>
      relative(dir, path),
    );
    expect(files).toContain("b.ts");
    expect(files).toContain("links/up");
  });
});
