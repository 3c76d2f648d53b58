import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { emit } from "microvm-emit";
import template from "../templates/default/microvm.config.js";
import { evalFlake, nixes, temporaryFolder } from "./nix/harness.js";

const run = promisify(execFile);
const project = fileURLToPath(new URL("..", import.meta.url));
const packageFolders = ["packages/nix-ast", "packages/microvm-model", "packages/emit", "packages/prettier-plugin-nix"];

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(project, path), "utf8"));

describe.each(nixes())("the project's flake under $version", (nix) => {
  const folder = temporaryFolder();
  const flake = join(folder, "flake");

  beforeAll(async () => {
    const manifests = packageFolders.map((packageFolder) => `${packageFolder}/package.json`);
    for (const path of ["flake.nix", "package.nix", "package.json", "package-lock.json", "templates", ...manifests]) {
      await cp(join(project, path), join(flake, path), { recursive: true });
    }
  });

  const evaluate = (attribute: string, apply: string): Promise<unknown> =>
    evalFlake(flake, attribute, { nix, apply, overrides: { nixpkgs: `path:${join(project, "test/flake/nixpkgs")}` } });

  it("has a package and a dev shell for both systems", async () => {
    const drvPaths = "builtins.mapAttrs (_: outputs: outputs.default.drvPath)";
    const derivations = {
      "aarch64-linux": expect.stringMatching(/\.drv$/) as string,
      "x86_64-linux": expect.stringMatching(/\.drv$/) as string,
    };
    expect(await evaluate("packages", drvPaths)).toEqual(derivations);
    expect(await evaluate("devShells", drvPaths)).toEqual(derivations);
    expect(
      await evaluate("devShells.x86_64-linux.default", "shell: map (tool: tool.name) shell.nativeBuildInputs"),
    ).toEqual(["nix", "nixfmt", "nodejs"]);
  });

  it("has the package name of package.json", async () => {
    const {
      version,
      description,
      license,
      bin: commands,
    } = (await readJson("packages/emit/package.json")) as Record<string, unknown>;
    expect(
      await evaluate(
        "packages.x86_64-linux.default",
        "p: { inherit (p) version; inherit (p.meta) description mainProgram; license = p.meta.license.spdxId; }",
      ),
    ).toEqual({ version, description, license, mainProgram: Object.keys(commands as object).join() });
  });

  it("has a complete template", async () => {
    expect(await evaluate("templates.default.path", "path: builtins.attrNames (builtins.readDir path)")).toEqual(
      (await readdir(join(project, "templates/default"))).sort(),
    );
    expect(emit(template)._tag).toBe("Right");
  });

  it("reduces package-lock.json to build dependencies, and npm accepts it", async () => {
    const { root, lock } = (await evaluate(
      "packages.x86_64-linux.default",
      "p: { root = p.cutRoot; lock = p.cutLock; }",
    )) as { root: object; lock: { packages: Record<string, { resolved?: string; integrity?: string }> } };

    const build = join(folder, "build");
    await mkdir(build);
    for (const path of packageFolders) await cp(join(flake, path), join(build, path), { recursive: true });
    await writeFile(join(build, "package.json"), JSON.stringify(root));
    await writeFile(join(build, "package-lock.json"), JSON.stringify(lock));

    const fetched = Object.entries(lock.packages).filter(([, { integrity }]) => integrity !== undefined);
    expect(fetched.map(([path]) => path)).toEqual(
      expect.arrayContaining(["node_modules/typescript", "node_modules/fp-ts", "node_modules/zod"]),
    );
    expect(fetched.map(([path]) => path)).not.toContain("node_modules/vitest");
    expect(fetched.map(([path]) => path)).not.toContain("node_modules/prettier");
    for (const [, { resolved }] of fetched) expect(resolved).toMatch(/^file:.*\.tgz$/);

    await run("npm", ["ci", "--dry-run", "--offline", "--ignore-scripts"], { cwd: build });
  });
});
