/** The example of a program that generates the flake of another project. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "@microvm-emit/nix-ast";
import { expect, it } from "vitest";
import { flakeOf } from "../../examples/generator/project.js";
import { evalFlake, nixes, temporaryFolder } from "../nix/harness.js";

const environment = { GREETING: 'say "hi" to ${HOME}', CGO_ENABLED: "0" };
const text = flakeOf({
  description: "A web service",
  packages: ["go", "nodePackages.prettier"],
  environment,
  formatters: ["gofmt", "nixfmt"],
});

it("prints Nix as nixfmt formats it", () => {
  expect(format(text)).toEqual({ _tag: "Right", right: text });
});

/** Stand-ins for nixpkgs and treefmt-nix, which return their arguments. */
const standIns = {
  nixpkgs: `{
    outputs = _: {
      lib.genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
      legacyPackages = builtins.listToAttrs (map (name: {
        inherit name;
        value = { go = "go of \${name}"; nodePackages.prettier = "prettier"; mkShell = shell: shell; };
      }) [ "x86_64-linux" "aarch64-linux" "aarch64-darwin" ]);
    };
  }`,
  "treefmt-nix": "{ outputs = _: { lib.mkWrapper = _: settings: settings; }; }",
};

it.each(nixes())("evaluates to a shell and a formatter with $version", async (nix) => {
  const folder = temporaryFolder();
  const overrides: Record<string, string> = {};
  for (const [name, flake] of Object.entries({ ...standIns, project: text })) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "flake.nix"), flake);
    if (name !== "project") overrides[name] = `path:${join(folder, name)}`;
  }
  const evaluate = (attribute: string): Promise<unknown> =>
    evalFlake(join(folder, "project"), attribute, { nix, overrides });
  expect(await evaluate("devShells.x86_64-linux.default")).toEqual({
    packages: ["go of x86_64-linux", "prettier"],
    env: environment,
  });
  expect(await evaluate("formatter.aarch64-darwin")).toEqual({
    projectRootFile: "flake.nix",
    programs: { gofmt: { enable: true }, nixfmt: { enable: true } },
  });
});
