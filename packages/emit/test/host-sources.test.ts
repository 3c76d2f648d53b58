/** Tests which files around a config control the host. */
import { execFileSync } from "node:child_process";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ident, interp, list, path as nixPath } from "@microvm-emit/nix-ast";
import { describe, expect, it } from "vitest";
import { hostSources } from "../src/config-file/host-sources.js";
import type { Places } from "../src/config-file/places.js";
import { layOut, temporaryDirectory } from "./tree.js";

const placesIn = (configDir: string): Places => ({
  config: join(configDir, "microvm.config.ts"),
  configDir,
  outputDir: join(configDir, "flake"),
  typedOutput: join(configDir, "flake"),
  isDefaultOutput: true,
  lock: join(configDir, "microvm.lock.json"),
});

/** Sources found in a folder, as `path: kind`, without those of every config. */
const foundIn = (dir: string, config: unknown, configDir = dir): readonly string[] =>
  hostSources(config, placesIn(configDir))
    .filter(({ unfollowed }) => unfollowed === undefined)
    .map(({ path, what }) => [relative(dir, path) || ".", what] as const)
    .filter(([path, what]) => !path.startsWith("../") && !/^(the|code|microvm-emit) /.test(what))
    .map(([path, what]) => `${path}: ${what}`);

/** Folders with files that a file may name, as `file → folder: reason`. */
const unfollowedIn = (dir: string, config: unknown): readonly string[] =>
  hostSources(config, placesIn(dir)).flatMap(({ path, what, unfollowed }) => {
    const [, file = ""] = /^files that (\S+) may (?:name|import)$/.exec(what) ?? [];
    const why = unfollowed?.replaceAll(`${dir}/`, "").replaceAll(dir, ".");
    return why === undefined ? [] : [`${relative(dir, file)} → ${relative(dir, path) || "."}: ${why}`];
  });

const withModules = (...modules: readonly unknown[]): object => ({ hosts: { h: { modules } } });

/** A temporary folder with a config, below a folder that no other test uses. */
const lay = (files: Readonly<Record<string, string>>): string => {
  const dir = realpathSync(temporaryDirectory());
  layOut(dir, { "microvm.config.ts": "", ...files });
  return dir;
};

describe("host sources", () => {
  it("contain the config with imports, modules with named files, and files that run", () => {
    const dir = lay({
      ".git/HEAD": "",
      "package.json": "{}",
      "node_modules/microvm-emit/package.json": "{}",
      "vms/microvm.config.ts":
        'import { web } from "./profiles.js";\nimport x from "../lib/x";\nimport y from "..";\nexport default web;\n',
      "vms/profiles.ts": 'export { web } from "./deep/index.ts";\nimport fs from "node:fs";\n',
      "vms/deep/index.ts": 'const later = () => import("./../profiles.ts");\n',
      "lib/x.ts": "",
      "index.ts": "",
      "vms/host.nix": "{ imports = [ ./more ../lib/a.nix ./gone.nix <nixpkgs> ]; x = ./${y}.nix; home = ~/x; }",
      "vms/more/default.nix": "{ imports = [ ./deeper.nix ]; }",
      "vms/more/deeper.nix": "{ files = [ ./data.txt ]; }",
      "vms/more/data.txt": "",
      "lib/a.nix": "{ broken",
      "lib/input/flake.nix": "{ }",
      "vms/workspace/main.ts": "",
      "other/main.ts": "",
    });
    const config = {
      inputs: { lib: { url: "path:../../lib/input" } },
      hosts: { h: { modules: ["./host.nix", "./gone.nix"], vms: { a: { workspace: "~/a" } } } },
    };
    const all = hostSources(config, placesIn(join(dir, "vms"))).map(({ path, what }) => [relative(dir, path), what]);
    expect(all.slice(0, 3)).toEqual([
      ["vms/microvm.config.ts", "the config of this host"],
      ["vms/flake", "the flake of this host"],
      ["vms/microvm.lock.json", "the lock of this config"],
    ]);
    expect(all.filter(([, what]) => /^microvm-emit itself|^the code cache of /.test(what ?? ""))).toHaveLength(2);
    expect(foundIn(dir, config, join(dir, "vms"))).toEqual([
      "vms/profiles.ts: a file that the config imports",
      "lib/x.ts: a file that the config imports",
      "index.ts: a file that the config imports",
      "vms/deep/index.ts: a file that the config imports",
      "vms/host.nix: a file that the config names",
      "vms/more: a folder that the config names",
      "lib/a.nix: a file that the config names",
      "vms/more/deeper.nix: a file that the config names",
      "vms/more/data.txt: a file that the config names",
      "lib/input: a folder that the config names",
      "package.json: files that run with the config",
      ".git: files that run with the config",
      "node_modules: files that run with the config",
    ]);
  });

  it.each([["microvm.config.yaml"], ["microvm.config.yml"], ["microvm.config.json"], ["microvm.config.jsonc"]])(
    "contain no imports of %s",
    (name) => {
      const dir = lay({ "other.ts": "", [name]: '{"description": "from \'./other.ts\', import(x)"}' });
      const places = { ...placesIn(dir), config: join(dir, name) };
      const imports = hostSources({}, places).filter(({ what }) => /import/.test(what));
      expect(imports).toEqual([]);
    },
  );

  it("are found despite circles", () => {
    const dir = lay({
      "microvm.config.ts": 'import "./b.ts";',
      "b.ts": 'import "./microvm.config.ts";',
      "default.nix": "{ imports = [ ./links/up ./a.nix ]; }",
      "a.nix": "{ imports = [ ./. ./links/up/a.nix ]; }",
    });
    mkdirSync(join(dir, "links"));
    symlinkSync("..", join(dir, "links", "up"));
    const found = foundIn(dir, withModules("./links/up"));
    expect(found).toEqual(expect.arrayContaining(["links/up/default.nix", "default.nix", "a.nix"].map(named)));
    expect(found).toContain("b.ts: a file that the config imports");
    expect(found.length).toBeLessThan(10);
  });

  it("are found in a cyclic config", () => {
    const config: Record<string, unknown> = { hosts: { h: { modules: ["./a.nix"], vms: {} } } };
    config["self"] = config;
    (config["hosts"] as Record<string, unknown>)["again"] = config["hosts"];
    expect(foundIn(lay({ "a.nix": "{ }" }), config)).toEqual([named("a.nix")]);
  });
});

const named = (path: string): string => `${path}: a file that the config names`;

describe("a path in a module", () => {
  it("is ignored when it is outside the tree, or is the config's folder", () => {
    const dir = lay({
      "a.nix": `{ a = ${dirname(lay({}))}; b = /home; c = ./.; d = ../.; src = ./src; }`,
      "src/main.ts": "",
    });
    expect(foundIn(dir, withModules("./a.nix"))).toEqual([named("a.nix")]);
  });

  it("means a folder's default.nix when the config is in the folder", () => {
    const dir = lay({ "a.nix": "{ imports = [ ./. ./pkg ]; }", "default.nix": "{ x = ./b.nix; }", "b.nix": "{ }" });
    layOut(dir, { "pkg/default.nix": "{ }" });
    expect(foundIn(dir, withModules("./a.nix"))).toEqual([
      named("a.nix"),
      named("default.nix"),
      "pkg: a folder that the config names",
      named("b.nix"),
    ]);
  });

  it("may be absolute, in the flake's tree", () => {
    const dir = lay({ "b.nix": "{ }" });
    layOut(dir, { "a.nix": `{ imports = [ ${join(dir, "b.nix")} ]; }` });
    expect(foundIn(dir, withModules("./a.nix"))).toEqual([named("a.nix"), named("b.nix")]);
  });
});

describe("a computed path in a module", () => {
  it.each([
    './. + "/parts/x.nix"',
    '(./. + "/parts") + "/x.nix"',
    '"${./.}/parts/x.nix"',
    "''${./parts}/x.nix''",
    '"${toString ./parts}/x.nix"',
    'builtins.toString ./parts + "/x.nix"',
    '"${self}/../parts/x.nix"',
    'inputs.self + "/../parts/x.nix"',
    '"${inputs.self.outPath}/../parts/x.nix"',
  ])("is followed as %s", (expression) => {
    const dir = lay({ "a.nix": `{ self, inputs, ... }: { imports = [ (${expression}) ]; }`, "parts/x.nix": "{ }" });
    expect(foundIn(dir, withModules("./a.nix"))).toEqual([named("a.nix"), named("parts/x.nix")]);
    expect(unfollowedIn(dir, withModules("./a.nix"))).toEqual([]);
  });

  it.each([
    ['map (name: ./parts/${name}.nix) [ "x" ]', "parts", "names files in parts by an expression"],
    ['map (name: ./parts/x-${name}.nix) [ "x" ]', "parts", "names files in parts by an expression"],
    ['map (name: ./. + "/parts/${name}.nix") [ "x" ]', "parts", "names files in parts by an expression"],
    ['[ (./parts + ("/" + "x.nix")) ]', "parts", "names files in parts by an expression"],
    ["map (name: ./parts + name) names", "parts", "names files in parts by an expression"],
    ['map (name: "${./parts}/${name}") names', "parts", "names files in parts by an expression"],
    ['map (name: "${self}/../parts/${name}") names', "parts", "names files in parts by an expression"],
    ["lib.filesystem.listFilesRecursive ./parts", "parts", "names the folder parts"],
    ["let names = builtins.readDir ./parts; in names", "parts", "names the folder parts"],
    ['[ (lib.path.append ./. "x.nix") ]', ".", "names the folder ."],
    ["inputs.import-tree ./parts", "parts", "names the folder parts"],
  ])("is reported when it is unknown, as in %s", (imports, folder, why) => {
    const dir = lay({ "a.nix": `{ lib, self, inputs, names, ... }: { imports = ${imports}; }`, "parts/x.nix": "{ }" });
    expect(unfollowedIn(dir, withModules("./a.nix"))).toEqual([`a.nix → ${folder}: ${why}`]);
  });

  it("is reported in the config's Nix and in imports", () => {
    const dir = lay({
      "microvm.config.ts": "const x = await import(`./${name}.ts`); require( name );",
      "parts/x.nix": "{ }",
    });
    const own = { hosts: { h: { modules: [nixPath("../parts/", interp(ident("name")))] } } };
    expect(unfollowedIn(dir, own)).toEqual([
      "microvm.config.ts → parts: names files in parts by an expression",
      "microvm.config.ts → .: imports a module by an expression",
    ]);
  });
});

describe("an unreadable module", () => {
  it("is reported, and its text searched for paths, when it is not valid Nix", () => {
    const dir = lay({
      "a.nix": "{ a.b = 1; a.b = 2; imports = [ ./parts/x.nix\n../gone.nix ]; # ''\n more = ''${./y.nix}",
      "parts/x.nix": "{ imports = [ ./z.nix ]; ",
      "parts/z.nix": "{ }",
      "y.nix": "{ }",
    });
    expect(foundIn(dir, withModules("./a.nix"))).toEqual(["a.nix", "parts/x.nix", "y.nix", "parts/z.nix"].map(named));
    expect(unfollowedIn(dir, withModules("./a.nix"))).toEqual([
      "a.nix → .: is not valid Nix",
      "parts/x.nix → parts: is not valid Nix",
    ]);
  });

  it("is reported when it cannot be read", () => {
    const dir = lay({ "a/default.nix/x": "", "b.nix": "{ imports = [ ./a ]; }" });
    expect(unfollowedIn(dir, withModules("./b.nix"))).toEqual(["a/default.nix → a: cannot be read (EINVAL)"]);
  });

  it("is data if it is not valid Nix and has another extension", () => {
    const dir = lay({
      "a.nix": "{ x = ./run.sh; y = import ./module; z = ./blob; }",
      "run.sh": "if true; then ./b.nix; fi",
      module: "{ imports = [ ./b.nix ]; }",
      blob: "\u0000\u0001",
      "b.nix": "{ }",
    });
    expect(foundIn(dir, withModules("./a.nix"))).toEqual(["a.nix", "run.sh", "module", "blob", "b.nix"].map(named));
    expect(unfollowedIn(dir, withModules("./a.nix"))).toEqual([]);
  });
});

describe("a path in a config", () => {
  it("is read in modules and homes, but in no other text", () => {
    const names = ["host", "user", "defaults", "vm", "home", "guest"];
    const dir = lay({ data: "", ...Object.fromEntries(names.map((name) => [`${name}.nix`, "{ }"])) });
    const config = {
      description: "./data",
      hosts: {
        h: {
          modules: ["./host.nix"],
          user: { home: ["zsh", "./user.nix"] },
          vmDefaults: { modules: ["./defaults.nix"] },
          vms: {
            a: {
              modules: ["./vm.nix"],
              home: [{ program: "zsh" }, "./home.nix"],
              users: { bob: { home: ["./guest.nix"] } },
              environment: { DATA: "./data" },
            },
          },
        },
      },
    };
    expect([...foundIn(dir, config)].sort()).toEqual(names.map((name) => named(`${name}.nix`)).sort());
  });

  it("is relative to the emitted file in the config's Nix", () => {
    const dir = lay({ "flake.nix": "{ }", "shared.nix": "{ }", "vm.nix": "{ }", "c.nix": "{ }" });
    const config = {
      hosts: {
        h: {
          modules: [nixPath("../flake.nix")],
          vms: {
            a: {
              agent: { package: nixPath("../../shared.nix") },
              modules: [list([nixPath("../../../../vm.nix")])],
              environment: { X: nixPath("./c.nix") },
            },
          },
        },
      },
    };
    expect([...foundIn(dir, config)].sort()).toEqual([named("flake.nix"), named("shared.nix"), named("vm.nix")]);
  });

  it.each([
    ["path:../../x", "x"],
    ["path:../../x?dir=sub", "x"],
    ["../../x", "x"],
    ["path:..", "vms"],
    ["path:../sp%20ace", "vms/sp ace"],
    ["path:$DIR/x", "x"],
    ["$DIR/x#attribute", "x"],
    ["git+file://$DIR/x?ref=main", "x"],
    ["git+file:../../x", "x"],
    ["tarball+file://$DIR/x.tar", "x.tar"],
  ])("can be the input %s", (url, path) => {
    const dir = lay({ "x/flake.nix": "{ x = ../y.nix; }", "x.tar": "", "y.nix": "{ }", "vms/sp ace/flake.nix": "{ }" });
    const kind = path.endsWith(".tar") ? "file" : "folder";
    for (const written of [url.replace("$DIR", dir), { url: url.replace("$DIR", dir) }])
      expect(foundIn(dir, { inputs: { x: written } }, join(dir, "vms"))).toEqual([
        `${path}: a ${kind} that the config names`,
      ]);
  });

  it.each(["github:me/x", "x", "https://example.org/x.tar.gz", "git+ssh://git@example.org/x"])(
    "cannot be the input %s",
    (url) => {
      expect(foundIn(lay({ "flake/x/flake.nix": "{ }" }), { inputs: { x: url } })).toEqual([]);
    },
  );
});

describe("a link", () => {
  it("is a source together with its target", () => {
    const real = lay({ "a.nix": "{ }" });
    const dir = lay({});
    symlinkSync(join(real, "a.nix"), join(dir, "a.nix"));
    expect(hostSources(withModules("./a.nix"), placesIn(dir)).map(({ path }) => path)).toEqual(
      expect.arrayContaining([join(dir, "a.nix"), join(real, "a.nix")]),
    );
  });

  it("may be the config, with imports relative to its target", () => {
    const real = lay({ "real.config.ts": 'import "./x.ts";', "x.ts": "", "node_modules/y/index.js": "" });
    const dir = realpathSync(temporaryDirectory());
    symlinkSync(join(real, "real.config.ts"), join(dir, "microvm.config.ts"));
    expect(hostSources({}, placesIn(dir)).map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        ...[join(dir, "microvm.config.ts"), join(real, "real.config.ts"), join(real, "x.ts")],
        join(real, "node_modules"),
      ]),
    );
  });

  it("may be a workspace package in any node_modules above", () => {
    const dir = lay({ "presets/index.js": "", "tools/lint/index.js": "", "deep/.git/HEAD": "", "deep/er/x": "" });
    mkdirSync(join(dir, "node_modules/@me"), { recursive: true });
    symlinkSync("../presets", join(dir, "node_modules/presets"));
    symlinkSync("../../tools/lint", join(dir, "node_modules/@me/lint"));
    expect(foundIn(dir, {}, join(dir, "deep/er"))).toEqual(
      ["deep/.git", "node_modules", "tools/lint", "presets"].map((path) => `${path}: files that run with the config`),
    );
  });
});

describe("the git directory", () => {
  const git = (dir: string, ...args: readonly string[]): void => {
    execFileSync("git", ["-C", dir, "-c", "user.name=a", "-c", "user.email=a@b.c", ...args], { stdio: "ignore" });
  };

  it("is found from a linked worktree", () => {
    const dir = realpathSync(temporaryDirectory());
    layOut(dir, { "main/x": "" });
    git(join(dir, "main"), "init", "-q");
    git(join(dir, "main"), "add", ".");
    git(join(dir, "main"), "commit", "-qm", "x");
    git(join(dir, "main"), "worktree", "add", "-q", "../work");
    expect(foundIn(dir, {}, join(dir, "work"))).toEqual(
      ["work/.git", "main/.git/worktrees/work", "main/.git"].map((path) => `${path}: files that run with the config`),
    );
  });

  it("is found from a submodule", () => {
    const dir = lay({ "sub/.git": "gitdir: ../.git/modules/sub\n", ".git/modules/sub/HEAD": "" });
    expect(foundIn(dir, {}, join(dir, "sub"))).toEqual(
      ["sub/.git", ".git/modules/sub"].map((path) => `${path}: files that run with the config`),
    );
  });
});
