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

  it("reads the host, its user and the user's keys from the host's files", () => {
    const dir = temporaryDirectory();
    layOut(dir, {
      "configuration.nix": `{ lib, ... }: {
  networking.hostName = "box";
  system.stateVersion = "25.05";
  users = {
    mutableUsers = false;
    users.carol = {
      isNormalUser = true;
      openssh.authorizedKeys.keys = [ "${sshKey}" ];
    };
    users.daemon.isSystemUser = true;
  };
}
`,
    });
    const { exitCode, stdout } = microvmEmit(dir, ["init", "--yes"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("found    host box (networking.hostName)\n");
    expect(stdout).toContain("found    user carol (users.users)\n");
    const config = readFileSync(join(dir, "microvm.config.ts"), "utf8");
    for (const part of ["box: {", 'name: "carol"', sshKey]) expect(config).toContain(part);
  });

  it("lets options win over the host's files", () => {
    const dir = folder({ "host.nix": '{ networking.hostName = "box"; users.users.carol.isNormalUser = true; }' });
    expect(init(dir).exitCode).toBe(0);
    const config = readFileSync(join(dir, "microvm.config.ts"), "utf8");
    for (const part of ["workstation: {", 'name: "alice"']) expect(config).toContain(part);
  });

  it.each([
    ["a variable", "networking.hostName = name;"],
    ["a default", 'networking.hostName = lib.mkDefault "box";'],
    ["a literal and a variable", 'a.networking.hostName = "box"; b.networking.hostName = name;'],
  ])("asks for the host when its name is %s", (_, setting) => {
    const dir = folder({ "host.nix": `{ lib, name, ... }: { ${setting} }` });
    const ended = microvmEmit(dir, ["init", "--yes", "--user", "alice", "--json"]);
    expect(parsed(ended).problems).toMatchObject([
      { code: "init-unanswered", details: [expect.stringContaining("--host: Name of the host")] },
    ]);
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

  it("writes the config if another file builds the host, and prints the lines to add", () => {
    const flake = "{ outputs = inputs: import ./nixosSystem.nix inputs; }";
    const dir = folder({ "flake.nix": flake });
    const { exitCode, problems, config } = parsed(init(dir, "--json"));
    expect([exitCode, problems, config]).toMatchObject([
      1,
      [{ code: "flake-not-editable" }],
      join(dir, "microvm.config.ts"),
    ]);
    expect(problems[0]?.details?.join("\n")).toContain("importApply ./microvms/hosts/workstation");
    expect(Object.keys(treeOf(dir))).toEqual(
      expect.arrayContaining(["microvm.config.ts", "microvms/hosts/workstation/vms/devvm.nix"]),
    );
  });

  it("adds the inputs and prints the module if the flake builds the host with a function", () => {
    const helper = ownFlake.replace("nixpkgs.lib.nixosSystem", "inputs.self.lib.mkHost");
    const dir = folder({ "flake.nix": helper });
    const [problem] = parsed(init(dir, "--json")).problems;
    const lines = problem?.details?.join("\n") ?? "";
    expect(problem?.code).toBe("flake-not-editable");
    expect(lines).toContain("importApply ./microvms/hosts/workstation");
    expect(lines).not.toContain("inputs = {\n");
    expect(readFileSync(join(dir, "flake.nix"), "utf8")).toContain("nixpkgs-unstable.url = ");
    expect(existsSync(join(dir, "microvm.config.ts"))).toBe(true);
  });

  it("adds the module to a system in the argument of flake-parts", () => {
    const parts = `{
  inputs.flake-parts.url = "github:hercules-ci/flake-parts";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  outputs = inputs@{ flake-parts, ... }:
    flake-parts.lib.mkFlake { inherit inputs; } {
      systems = [ "x86_64-linux" ];
      flake.nixosConfigurations.box = inputs.nixpkgs.lib.nixosSystem {
        modules = [ ./configuration.nix ];
      };
    };
}
`;
    const dir = folder({ "flake.nix": parts });
    const ended = microvmEmit(dir, ["init", "--yes", "--user", "alice", "--ssh-key", sshKey]);
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ended.stdout).toContain("found    host box (nixosConfigurations of flake.nix)\n");
    expect(readFileSync(join(dir, "flake.nix"), "utf8")).toContain("importApply ./microvms/hosts/box {");
  });

  it("names --host if the flake has only another host", () => {
    const dir = folder({ "flake.nix": ownFlake.replace("nixosConfigurations.workstation", "nixosConfigurations.box") });
    expect(parsed(init(dir, "--json")).problems).toMatchObject([
      { code: "flake-not-editable", message: expect.stringContaining("known systems: box") as string },
    ]);
  });

  it("asks for the host if the flake has several", () => {
    const dir = folder({
      "flake.nix": ownFlake.replace(
        "nixosConfigurations.workstation",
        "nixosConfigurations.rack = x;\n      nixosConfigurations.box",
      ),
    });
    expect(parsed(microvmEmit(dir, ["init", "--yes", "--user", "alice", "--json"])).problems).toMatchObject([
      { code: "init-unanswered", details: [expect.stringContaining("from nixosConfigurations of flake.nix")] },
    ]);
    expect(existsSync(join(dir, "microvm.config.ts"))).toBe(false);
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
