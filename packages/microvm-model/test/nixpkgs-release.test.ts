/** What a config's nixpkgs says of its agents and hypervisors. */
import { describe, expect, it } from "vitest";
import { agents, emptyLock, planConfig, type Problem } from "../src/index.js";
import { releaseOf } from "../src/plan/nixpkgs-release.js";
import { config } from "./config.js";

const commit = "0067a06eb7be1ebe2f9a93d77e08c1de5aca0c46";

describe("the release of an input", () => {
  it.each([
    ["github:nixos/nixpkgs/nixos-26.05", "26.05"],
    ["github:NixOS/nixpkgs/nixos-25.11-small", "25.11"],
    ["github:NixOS/nixpkgs/nixpkgs-25.11-darwin", "25.11"],
    ["github:NixOS/nixpkgs/release-26.05", "26.05"],
    ["github:NixOS/nixpkgs?ref=nixos-26.05", "26.05"],
    ["git+https://github.com/NixOS/nixpkgs?ref=nixos-26.05", "26.05"],
    ["git+https://github.com/NixOS/nixpkgs.git?shallow=1&ref=nixos-unstable", "unstable"],
    ["https://github.com/NixOS/nixpkgs/archive/nixos-26.05.tar.gz", "26.05"],
    ["https://channels.nixos.org/nixos-26.05/nixexprs.tar.xz", "26.05"],
    ["https://nixos.org/channels/nixpkgs-unstable", "unstable"],
    ["nixpkgs/nixos-26.05", "26.05"],
    ["flake:nixpkgs/nixos-unstable", "unstable"],
    ["nixpkgs", "unstable"],
    ["github:NixOS/nixpkgs", "unstable"],
    ["github:NixOS/nixpkgs/master", "unstable"],
    ["github:NixOS/nixpkgs/nixos-unstable-small", "unstable"],
    [`github:NixOS/nixpkgs/${commit}`, null],
    [`github:NixOS/nixpkgs?rev=${commit}`, null],
    [`github:NixOS/nixpkgs/nixos-26.05?rev=${commit}`, null],
    [`https://github.com/NixOS/nixpkgs/archive/${commit}.tar.gz`, null],
    ["github:alice/nixpkgs/nixos-26.05", null],
    ["git+https://example.org/nixpkgs?ref=nixos-26.05", null],
    ["path:/home/alice/nixpkgs", null],
    ["/home/alice/nixos-26.05", null],
    ["https://flakehub.com/f/NixOS/nixpkgs/0.1.*.tar.gz", null],
  ])("of %s is %s", (url, release) => {
    expect(releaseOf(url)).toBe(release);
  });
});

const problemsOf = (vm: object, inputs: object = {}): readonly Problem[] => {
  const result = planConfig(config({ a: vm }, {}, { inputs }), emptyLock);
  return (result._tag === "Left" ? result.left : result.right.warnings).filter(
    ({ code }) => code === "agent-not-packaged" || code === "scripted-initrd",
  );
};

describe("an agent that nixpkgs does not have", () => {
  const unstable = (url: string): object => ({ "nixpkgs-unstable": url });

  it("is an error that names its successor, and the release that contains it", () => {
    expect(problemsOf({ agent: "gemini-cli" })).toEqual([
      {
        code: "agent-not-packaged",
        severity: "error",
        path: ["hosts", "h", "vms", "a", "agent"],
        message: "gemini-cli was in nixpkgs until 26.05, but the input nixpkgs-unstable follows nixos-unstable",
        remedy:
          'Use its successor: agent: "antigravity-cli". Or use the package of the host\'s release: packagesFrom: "nixpkgs".',
      },
    ]);
    const [pinned] = problemsOf({ agent: "gemini-cli" }, { nixpkgs: "github:nixos/nixpkgs/nixos-26.11" });
    expect(pinned?.remedy).toContain("Or pin the input nixpkgs-unstable to a commit that contains the agent.");
  });

  it.each([
    ["github:nixos/nixpkgs/nixos-25.05", 1],
    ["github:nixos/nixpkgs/nixos-25.11", 0],
    ["github:nixos/nixpkgs/nixos-26.05", 0],
    ["github:nixos/nixpkgs/nixos-26.11", 1],
    ["github:nixos/nixpkgs/nixpkgs-unstable", 1],
    [`github:nixos/nixpkgs/${commit}`, 0],
    ["path:/home/alice/nixpkgs", 0],
    ["github:alice/nixpkgs/nixos-unstable", 0],
  ])("gemini-cli from %s: %i problems", (url, count) => {
    expect(problemsOf({ agent: "gemini-cli" }, unstable(url))).toHaveLength(count);
  });

  it("passes with the remedies applied", () => {
    expect(problemsOf({ agent: "antigravity-cli" })).toEqual([]);
    expect(problemsOf({ agent: { ...agents["gemini-cli"], packagesFrom: "nixpkgs" } })).toEqual([]);
  });

  it("is an error if the host's release is too old", () => {
    const agent = { ...agents["kiro-cli"], packagesFrom: "nixpkgs" };
    const [problem] = problemsOf({ agent }, { nixpkgs: "github:nixos/nixpkgs/nixos-25.11" });
    expect(problem?.message).toBe("kiro-cli is in nixpkgs since 26.05, but the input nixpkgs follows NixOS 25.11");
    expect(problem?.remedy).toBe('Remove `packagesFrom` to use "nixpkgs-unstable".');
    const [old] = problemsOf({ agent: "kiro-cli" }, unstable("github:nixos/nixpkgs/nixos-25.11"));
    expect(old?.remedy).toBe(
      'Set the input nixpkgs-unstable to a newer release, such as "github:nixos/nixpkgs/nixos-unstable".',
    );
    expect(problemsOf({ agent }, { nixpkgs: "github:nixos/nixpkgs/nixos-26.05" })).toEqual([]);
  });

  it("is no error for a custom agent without `releases`", () => {
    const agent = { name: "mine", package: "mine", command: "mine" };
    expect(problemsOf({ agent })).toEqual([]);
    const releases = { since: "25.11", until: "26.05" };
    expect(problemsOf({ agent: { ...agent, releases } }).map(({ remedy }) => remedy)).toEqual([
      'Use the package of the host\'s release: packagesFrom: "nixpkgs".',
    ]);
  });
});

describe("a hypervisor that needs the scripted initrd", () => {
  it.each([
    ["crosvm", "github:nixos/nixpkgs/nixos-25.11", []],
    ["crosvm", "github:nixos/nixpkgs/nixos-26.05", ["which 26.05 deprecates and 26.11 removes"]],
    ["crosvm", "github:nixos/nixpkgs/nixos-26.11", ["which NixOS removes in 26.11"]],
    ["crosvm", "github:nixos/nixpkgs/nixos-unstable", ["which NixOS removes in 26.11"]],
    ["crosvm", "path:/home/alice/nixpkgs", []],
    ["kvmtool", "github:nixos/nixpkgs/nixos-26.05", ["which 26.05 deprecates and 26.11 removes"]],
    ["alioth", "github:nixos/nixpkgs/nixos-26.05", ["which 26.05 deprecates and 26.11 removes"]],
    ["qemu", "github:nixos/nixpkgs/nixos-26.11", []],
    ["cloud-hypervisor", "github:nixos/nixpkgs/nixos-26.11", []],
    ["firecracker", "github:nixos/nixpkgs/nixos-26.11", []],
    ["stratovirt", "github:nixos/nixpkgs/nixos-26.11", []],
  ])("%s on %s", (hypervisor, url, ends) => {
    const bare = { store: "disk", sshHostKeys: false, workspace: false, balloon: false, hypervisor };
    const problems = problemsOf(bare, { nixpkgs: url });
    expect(problems.map(({ severity }) => severity)).toEqual(ends.map(() => "warning"));
    expect(problems.map(({ message }) => message)).toEqual(
      ends.map((end) => `${hypervisor} needs NixOS's scripted initrd, ${end}`),
    );
  });

  it("is reported for the nixpkgs of the guest", () => {
    const inputs = { nixpkgs: "github:nixos/nixpkgs/nixos-25.11", newer: "github:nixos/nixpkgs/nixos-26.05" };
    const guest = { store: "disk", sshHostKeys: false, workspace: false, hypervisor: "crosvm" };
    expect(problemsOf(guest, inputs)).toEqual([]);
    expect(problemsOf({ ...guest, nixpkgs: "newer" }, inputs)).toHaveLength(1);
  });
});
