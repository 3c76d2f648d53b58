/** `microvm-emit update` with real Nix, on inputs in folders that change as a branch would. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nixes } from "../../../../test/nix/harness.js";
import { layOut, temporaryDirectory } from "../tree.js";
import { configurationNix, type Ended, microvmEmit, parsed } from "./cli.js";
import { nixEnvironment } from "./offline-nix.js";

const standIns = fileURLToPath(new URL("../../../../test/inputs", import.meta.url));

interface Project {
  readonly dir: string;
  readonly nixpkgs: string;
  readonly lock: string;
}

const project = (): Project => {
  const dir = temporaryDirectory();
  const inputs = temporaryDirectory();
  for (const name of ["nixpkgs", "microvm"]) cpSync(join(standIns, name), join(inputs, name), { recursive: true });
  const config = {
    inputs: { nixpkgs: `path:${join(inputs, "nixpkgs")}`, microvm: { url: `path:${join(inputs, "microvm")}` } },
    hosts: {
      alpha: {
        stateVersion: "25.11",
        modules: ["./configuration.nix"],
        user: { name: "alice" },
        bridges: { br0: { address: "10.0.0.1/24" } },
        vms: { web: { packages: ["git"] }, db: {} },
        silence: { "no-login": "a test" },
      },
    },
  };
  layOut(dir, { "configuration.nix": configurationNix, "microvm.config.json": JSON.stringify(config) });
  return { dir, nixpkgs: join(inputs, "nixpkgs"), lock: join(dir, "flake/flake.lock") };
};

/** Changes a file of the stand-in of nixpkgs, and so its hash. */
const change = ({ nixpkgs }: Project, file: string, edit: (text: string) => string): void => {
  const path = join(nixpkgs, file);
  writeFileSync(path, edit(readFileSync(path, "utf8")));
};

describe.each(nixes())("microvm-emit update with $version", (nix) => {
  const run = ({ dir }: Project, ...args: readonly string[]): Ended => microvmEmit(dir, args, nixEnvironment(nix));

  it("updates the lock, and lists inputs and hosts that change", { timeout: 120_000 }, () => {
    const there = project();
    expect(run(there)).toMatchObject({ exitCode: 0 });
    expect(run(there, "update", "--json")).toMatchObject({ exitCode: 0 });
    const locked = readFileSync(there.lock, "utf8");
    expect(parsed(run(there, "update", "--json"))).toMatchObject({ inputs: [], hosts: [] });
    expect(readFileSync(there.lock, "utf8")).toBe(locked);

    change(there, "default.nix", (text) => text.replace('version ? "1.0"', 'version ? "1.1"'));
    const dry = parsed(run(there, "update", "nixpkgs", "--dry-run", "--json"));
    expect(dry["inputs"]).toMatchObject([{ name: "nixpkgs", before: expect.stringMatching(/^sha256-/) as string }]);
    expect(readFileSync(there.lock, "utf8")).toBe(locked);
    const done = parsed(run(there, "update", "nixpkgs", "--json"));
    const [host] = done["hosts"] as readonly {
      readonly isChanged: boolean;
      readonly vms: readonly { readonly name: string; readonly isChanged: boolean; readonly packages: unknown }[];
    }[];
    expect(host).toMatchObject({ host: "alpha", isChanged: true, vms: [{ name: "db" }, { name: "web" }] });
    const git = { name: "git", before: "1.0", after: "1.1" };
    expect(host?.vms.find(({ name }) => name === "web")?.packages).toContainEqual(git);
    expect(host?.vms.find(({ name }) => name === "db")?.packages).not.toContainEqual(git);
    expect(readFileSync(there.lock, "utf8")).not.toBe(locked);
  });

  it("restores the lock if a host no longer evaluates", { timeout: 120_000 }, () => {
    const there = project();
    run(there);
    run(there, "update");
    const locked = readFileSync(there.lock, "utf8");
    change(there, "flake.nix", (text) => text.replace("outputs =", 'outputs = throw "broken";\n  other ='));
    const ended = run(there, "update", "--json");
    expect(ended.exitCode).toBeGreaterThan(0);
    expect(readFileSync(there.lock, "utf8")).toBe(locked);
  });

  it("refuses an unknown input", { timeout: 60_000 }, () => {
    const there = project();
    run(there);
    expect(parsed(run(there, "update", "nixpkg", "--json")).problems).toMatchObject([
      { code: "unknown-name", remedy: 'Did you mean "nixpkgs"?' },
    ]);
    expect(existsSync(there.lock)).toBe(false);
  });
});
