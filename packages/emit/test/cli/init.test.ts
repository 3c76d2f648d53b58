/** `microvm-emit init` on real folders, with real Nix and at a real terminal. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nixes } from "../../../../test/nix/harness.js";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";
import { bin, configurationNix, environment, type Ended, microvmEmit, parsed } from "./cli.js";
import { nixEnvironment, overrides, overridesOf } from "./offline-nix.js";

const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice";
const answers = ["--yes", "--user", "alice", "--host", "workstation", "--ssh-key", sshKey];

const hostModule = configurationNix.replace("{\n", '{\n  system.stateVersion = "25.05";\n');

const ownFlake = `{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
    microvm-nix = {
      url = "github:microvm-nix/microvm.nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    { self, nixpkgs, ... }@inputs:
    {
      nixosConfigurations.workstation = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [ ./configuration.nix ];
      };
    };
}
`;

const folder = (files: Readonly<Record<string, string>> = {}): string => {
  const dir = temporaryDirectory();
  layOut(dir, { "configuration.nix": hostModule, ...files });
  return dir;
};

const init = (dir: string, ...args: readonly string[]): Ended => microvmEmit(dir, ["init", ...answers, ...args]);

describe("microvm-emit init", () => {
  it("writes a config from the host's files, and its flake", () => {
    const dir = folder();
    const { exitCode, stdout, stderr } = init(dir, "--agent", "codex", "--toolchain", "go", "--toolchain", "rust");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("written  microvm.config.ts\n");
    const config = readFileSync(join(dir, "microvm.config.ts"), "utf8");
    expect(config).toContain('import { codex, defineConfig } from "microvm-emit";');
    expect(config).toContain('stateVersion: "25.05"');
    expect(config).toContain('devvm: { agent: codex(), toolchains: ["go", "rust"] }');
    expect(existsSync(join(dir, "flake/hosts/workstation/vms/devvm.nix"))).toBe(true);
    // The next run accepts it.
    expect(microvmEmit(dir, [])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("lists every missing fact with its option without a terminal", () => {
    const dir = temporaryDirectory();
    const { exitCode, stderr } = microvmEmit(dir, ["init", "--user", "alice", "--host", "workstation"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("error[init-unanswered]");
    expect(stderr).toContain("--state-version: system.stateVersion of the host");
    expect(stderr).toContain("--module: Path of the host's configuration.nix");
    expect(treeOf(dir)).toEqual({});
  });

  it("asks for the state version when the files have several", () => {
    const dir = folder({ "laptop.nix": '{ system = { stateVersion = "24.11"; }; }' });
    const { problems } = parsed(init(dir, "--json"));
    expect(problems).toMatchObject([{ code: "init-unanswered", details: [expect.stringContaining("25.05, 24.11")] }]);
  });

  it.each([
    ["--agent", "claude-cod", 'Did you mean "claude-code"?'],
    ["--toolchain", "rst", 'Did you mean "rust"?'],
  ])("suggests a name for %s %s", (option, name, remedy) => {
    const dir = folder();
    expect(parsed(init(dir, option, name, "--json")).problems).toMatchObject([{ code: "unknown-name", remedy }]);
  });

  it.each(["microvm.config.ts", "microvm.config.yaml"])("leaves an existing %s alone", (name) => {
    const dir = folder({ [name]: "" });
    const before = treeOf(dir);
    expect(parsed(init(dir, "--json")).problems).toMatchObject([{ code: "config-exists" }]);
    expect(treeOf(dir)).toEqual(before);
  });

  it("leaves nothing behind when the config has errors", () => {
    const dir = folder();
    const before = treeOf(dir);
    expect(parsed(init(dir, "--vm", "Not A Name", "--json"))).toMatchObject({ ok: false, exitCode: 1 });
    expect(treeOf(dir)).toEqual(before);
  });
});

describe("microvm-emit init in a folder with a flake", () => {
  it("adds the missing inputs and one module, and writes no new flake", () => {
    const dir = folder({ "flake.nix": ownFlake });
    expect(init(dir)).toMatchObject({ exitCode: 0, stderr: "" });
    const flake = readFileSync(join(dir, "flake.nix"), "utf8");
    expect(flake).toContain('nixpkgs-unstable.url = "github:nixos/nixpkgs/nixos-unstable";');
    expect(flake).toContain("(nixpkgs.lib.modules.importApply ./microvms/hosts/workstation {");
    expect(flake).toContain("microvm = inputs.microvm-nix;");
    expect(flake).not.toContain("microvm.url");
    const tree = treeOf(dir);
    expect(Object.keys(tree)).toContain("microvms/hosts/workstation/vms/devvm.nix");
    expect(Object.keys(tree).filter((path) => path.endsWith("flake.nix"))).toEqual(["flake.nix"]);
  });

  it("changes nothing if another file builds the host, and prints the lines to add", () => {
    const dir = folder({ "flake.nix": "{ outputs = inputs: import ./nixosSystem.nix inputs; }" });
    const before = treeOf(dir);
    const { problems } = parsed(init(dir, "--json"));
    expect(problems).toMatchObject([{ code: "flake-not-editable" }]);
    expect(problems[0]?.details?.join("\n")).toContain("importApply ./microvms/hosts/workstation");
    expect(treeOf(dir)).toEqual(before);
  });

  it("prints only the inputs that the flake lacks, and names --host, if the flake has another host", () => {
    const dir = folder({ "flake.nix": ownFlake.replace("nixosConfigurations.workstation", "nixosConfigurations.box") });
    const before = treeOf(dir);
    const [problem] = parsed(init(dir, "--json")).problems;
    const lines = problem?.details?.join("\n") ?? "";
    expect(lines).toContain("nixpkgs-unstable = {");
    expect(lines).not.toMatch(/^ *(nixpkgs|microvm) = /m);
    expect(problem).toMatchObject({ message: expect.stringContaining("known systems: box") as string });
    expect(problem).toMatchObject({ remedy: expect.stringContaining("--host") as string });
    expect(treeOf(dir)).toEqual(before);
  });

  it("writes no config and no flake when a file is in the way", () => {
    const dir = folder({ "flake.nix": ownFlake, "microvms/hosts/workstation/default.nix": "{ }" });
    const before = treeOf(dir);
    expect(parsed(init(dir, "--json")).problems).toMatchObject([{ code: "output-conflicts" }]);
    expect(treeOf(dir)).toEqual(before);
  });

  it("makes the folder of the config", () => {
    const dir = folder();
    expect(
      microvmEmit(dir, ["init", "new", ...answers, "--state-version", "25.11", "--module", "../configuration.nix"]),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(existsSync(join(dir, "new/microvm.config.ts"))).toBe(true);
  });

  it("replaces no flake that is a symbolic link", () => {
    const dir = folder({ "elsewhere.nix": ownFlake });
    symlinkSync("elsewhere.nix", join(dir, "flake.nix"));
    const before = treeOf(dir);
    expect(parsed(init(dir, "--json")).problems).toMatchObject([{ code: "flake-not-editable" }]);
    expect(treeOf(dir)).toEqual(before);
  });

  it("writes a new flake with --no-into", () => {
    const dir = folder({ "flake.nix": ownFlake });
    expect(init(dir, "--no-into").exitCode).toBe(0);
    expect(readFileSync(join(dir, "flake.nix"), "utf8")).toBe(ownFlake);
    expect(existsSync(join(dir, "flake/flake.nix"))).toBe(true);
  });

  it.each(nixes())("writes a host that check evaluates with $version", (nix) => {
    const dir = folder({ "flake.nix": ownFlake });
    expect(init(dir)).toMatchObject({ exitCode: 0, stderr: "" });
    const check = (): Ended =>
      microvmEmit(
        dir,
        ["check", ...overridesOf("nixpkgs", "nixpkgs-unstable"), ...microvmAs("microvm-nix")],
        nixEnvironment(nix),
      );
    const { exitCode, stdout, stderr } = check();
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("ok      workstation")]);
    expect(stdout).toContain("nixos-system-");
    // The user's own module is evaluated with it, and its errors lead there.
    writeFileSync(join(dir, "configuration.nix"), hostModule.replace("{\n", "{\n  networking.hosName = 1;\n"));
    expect(check().stderr).toContain("configuration.nix");
  });
});

const microvmAs = (name: string): readonly string[] => {
  const [flag = "", , reference = ""] = overrides.slice(overrides.indexOf("microvm") - 1);
  return [flag, name, reference];
};

/** Runs init at a terminal that types the given keys, one after the other when the screen shows each text. */
const atTerminal = (
  dir: string,
  args: readonly string[],
  typed: readonly (readonly [shown: string, keys: string])[],
) => {
  const { status, stdout } = spawnSync(
    "python3",
    [join(import.meta.dirname, "terminal.py"), JSON.stringify(typed), process.execPath, bin, ...args],
    {
      cwd: dir,
      encoding: "utf8",
      env: environment({ TERM: "xterm" }),
      timeout: 60_000,
    },
  );
  return { status, screen: stdout };
};

describe("microvm-emit init at a terminal", () => {
  const known = ["init", "--user", "alice", "--ssh-key", sshKey];

  it("asks for missing facts", () => {
    const dir = temporaryDirectory();
    layOut(dir, { "host.nix": configurationNix });
    const { status, screen } = atTerminal(
      dir,
      [...known, "--host", "workstation"],
      [
        ["system.stateVersion", "25.11\r"],
        ["configuration.nix", "./host.nix\r"],
      ],
    );
    expect([status, screen]).toEqual([0, expect.stringContaining("microvm.config.ts")]);
    expect(readFileSync(join(dir, "microvm.config.ts"), "utf8")).toContain('modules: ["./host.nix"]');
  });

  it("shows the change of the flake first, and changes nothing after a no", () => {
    const dir = folder({ "flake.nix": ownFlake });
    const before = treeOf(dir);
    const { status, screen } = atTerminal(dir, [...known, "--host", "workstation"], [["Change", "n"]]);
    expect(status).toBe(1);
    expect(screen).toContain("importApply ./microvms/hosts/workstation");
    expect(screen).toContain("not-confirmed");
    expect(treeOf(dir)).toEqual(before);
  });

  it("changes nothing after Ctrl-C", () => {
    const dir = temporaryDirectory();
    expect(atTerminal(dir, [...known, "--host", "workstation"], [["system.stateVersion", "\u0003"]]).status).toBe(1);
    expect(treeOf(dir)).toEqual({});
  });
});
