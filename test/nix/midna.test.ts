/** Evaluates the host of the article in Nix: all facts of the article, and all intended differences. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { evalFile, evaluateFlake, type Nix, nixes } from "./harness.js";
import { type GuestNetwork, networksOfGuest } from "./identity.js";

const FOLDER = fileURLToPath(new URL("../../examples/midna", import.meta.url));
const EXAMPLE = `path:${FOLDER}?dir=flake`;

const FACTS = readFileSync(new URL("fixtures/facts.nix", import.meta.url), "utf8");

const guest = (name: string, index: number, project: string): object => ({
  autostart: false,
  hostName: name,
  firewall: false,
  useDHCP: false,
  useNetworkd: true,
  tempAddresses: "disabled",
  networkd: true,
  resolved: true,
  openssh: true,
  hostKeys: [{ path: "/etc/ssh/host-keys/ssh_host_ed25519_key", type: "ed25519" }],
  stateVersion: "25.11",
  stopTimeout: "5s",
  storeMount: { what: "store", where: "/nix/store", overrideStrategy: "asDropin", defaultDependencies: false },
  userGroup: "michael",
  gid: 1000,
  normalUser: true,
  zsh: true,
  hypervisor: "cloud-hypervisor",
  vcpu: 8,
  mem: 4096,
  socket: "control.socket",
  overlay: "/nix/.rw-store",
  volumes: [{ image: "var.img", mountPoint: "/var", size: 8192 }],
  interfaces: [{ type: "tap", id: `microvm${String(index)}`, mac: `02:00:00:00:00:0${String(index + 1)}` }],
  shares: {
    "ro-store": { proto: "virtiofs", source: "/nix/store", mountPoint: "/nix/.ro-store" },
    // In the article, the keys are in the workspace, where the agent can read and replace them.
    "ssh-keys": {
      proto: "virtiofs",
      source: `/var/lib/microvm-host-keys/${name}`,
      mountPoint: "/etc/ssh/host-keys",
    },
    "claude-credentials": {
      proto: "virtiofs",
      source: "/home/michael/claude-microvm",
      mountPoint: "/home/michael/claude-microvm",
    },
    workspace: {
      proto: "virtiofs",
      source: `/home/michael/microvm/${project}`,
      mountPoint: `/home/michael/microvm/${project}`,
    },
  },
  homeManager: { useGlobalPkgs: true, useUserPackages: true },
  home: {
    username: "michael",
    homeDirectory: "/home/michael",
    stateVersion: "25.11",
    zsh: true,
    history: { size: 4000, save: 10_000_000, ignoreDups: true, share: false, append: true },
    emacs: true,
    emacsConfig: "/config/emacs",
    homeManager: true,
  },
});

/** The network of a guest. */
const networkOf = (name: string, index: number): object => ({
  hostName: name,
  networks: {
    "10-e": {
      "Match.PermanentMACAddress": [`02:00:00:00:00:0${String(index + 1)}`],
      "Network.Address": [`192.168.83.${String(index + 2)}/24`],
      "Network.DNS": ["8.8.8.8", "1.1.1.1"],
      "Route.Gateway": ["192.168.83.1"],
    },
  },
});

/** The tables of the article, sections 1.2 to 1.6. */
const article = {
  host: {
    netdev: { Kind: "bridge", Name: "microbr" },
    bridgeMatch: "microbr",
    bridgeAddresses: ["192.168.83.1/24"],
    configureWithoutCarrier: true,
    tapBridge: "microbr",
    nat: { enable: true, internalInterfaces: ["microbr"], externalInterface: "eno1" },
    system: "x86_64-linux",
  },
  guests: { emacsvm: guest("emacsvm", 4, "emacs"), goprotobufvm: guest("goprotobufvm", 5, "goprotobuf") },
};

/** Differences from the article, each because of a hazard in its setup. */
const different = {
  // `nixos-rebuild switch` on the host must not stop an agent.
  restartIfChanged: false,
  // The guest must not write to the store and the host keys.
  readOnly: ["ro-store", "ssh-keys"],
  // vsock tells the host when the guest is ready, and avoids a warning of microvm.nix.
  cids: [7, 8],
  // Garbage collection in an overlay hides store paths of the host.
  gc: false,
  // virtiofs uses numeric ids.
  uid: 1000,
  // Other VMs of the host can have a tap with such a name.
  tapMatch: "microvm4 microvm5",
  // A host file that matches all Ethernet links would match the taps if its name sorted first.
  files: ["0-20-microbr"],
};

const articleInputs = {
  nixpkgs: { url: "github:nixos/nixpkgs/nixos-25.11" },
  "nixpkgs-unstable": { url: "github:nixos/nixpkgs/nixos-unstable" },
  stapelbergnix: { url: "github:stapelberg/nix", inputs: { nixpkgs: { follows: "nixpkgs" } } },
  zkjnastools: { url: "github:stapelberg/zkj-nas-tools", inputs: { nixpkgs: { follows: "nixpkgs" } } },
  microvm: { url: "github:microvm-nix/microvm.nix", inputs: { nixpkgs: { follows: "nixpkgs" } } },
  "home-manager": {
    url: "github:nix-community/home-manager/release-25.11",
    inputs: { nixpkgs: { follows: "nixpkgs" } },
  },
  configfiles: { url: "github:stapelberg/configfiles", flake: false },
};

interface Facts {
  readonly article: unknown;
  readonly different: unknown;
  readonly packages: Readonly<Record<string, readonly string[]>>;
  readonly initContent: Readonly<Record<string, string>>;
  readonly emacsPackage: Readonly<Record<string, string>>;
  readonly claudeConfigDir: Readonly<Record<string, string>>;
  readonly assertions: readonly string[];
  readonly toplevels: readonly string[];
  readonly stateUnit: unknown;
  readonly networks: Readonly<Record<string, GuestNetwork>>;
  readonly tmpfiles: readonly string[];
  readonly hostHas: unknown;
}

describe.each(nixes())("the article's host by $version", (nix: Nix) => {
  let facts: Facts;
  let log: string;
  beforeAll(async () => {
    const evaluation = await evaluateFlake(EXAMPLE, "nixosConfigurations.midna", { nix, apply: FACTS });
    facts = evaluation.value as Facts;
    log = evaluation.log;
  });

  it("declares the inputs of the article", async () => {
    expect(await evalFile(join(FOLDER, "flake/flake.nix"), "inputs", nix)).toEqual(articleInputs);
  });

  it("has every value of the article", () => {
    expect(facts.article).toEqual(article);
  });

  it("gives each guest its name and network", () => {
    const told = Object.entries(facts.networks).map(([name, guest]) => [
      name,
      { hostName: guest.hostName, networks: networksOfGuest(guest) },
    ]);
    expect(Object.fromEntries(told)).toEqual({
      emacsvm: networkOf("emacsvm", 4),
      goprotobufvm: networkOf("goprotobufvm", 5),
    });
  });

  it("has the intended differences", () => {
    expect(facts.different).toEqual(different);
  });

  it("installs the agent and the toolchains", () => {
    expect(facts.packages["emacsvm"]).toEqual(expect.arrayContaining(["claude-code"]));
    expect(facts.packages["goprotobufvm"]).toEqual(
      expect.arrayContaining(["claude-code", "go", "gopls", "delve", "protobuf", "gnumake", "gcc", "git", "ripgrep"]),
    );
  });

  it("starts zsh as in the article, with the line of the VM last", () => {
    const zshrc = readFileSync(new URL("../inputs/configfiles/zshrc", import.meta.url), "utf8");
    const shared = `${zshrc}\nexport CLAUDE_CONFIG_DIR=/home/michael/claude-microvm\n`;
    const own = "export GOPATH=$HOME/go; PATH=$GOPATH/bin:$PATH\n";
    expect(facts.initContent["emacsvm"]).toContain(shared);
    expect(facts.initContent["emacsvm"]).not.toContain("GOPATH");
    expect(facts.initContent["goprotobufvm"]).toContain(shared);
    expect(facts.initContent["goprotobufvm"]?.endsWith(own)).toBe(true);
    expect(facts.claudeConfigDir).toEqual({
      emacsvm: "/home/michael/claude-microvm",
      goprotobufvm: "/home/michael/claude-microvm",
    });
  });

  it("includes the modules of the host", () => {
    expect(facts.hostHas).toEqual({ systemdBoot: true, networkd: true, user: true });
  });

  it("creates folders and keys in the state unit only, before a VM starts", () => {
    expect(facts.stateUnit).toEqual({
      type: "oneshot",
      before: ["microvm-virtiofsd@%i.service", "microvm@%i.service"],
      requiring: ["microvm-virtiofsd@", "microvm@"],
      arguments: ["/etc/microvm/state.json %i"],
    });
    expect(facts.tmpfiles).toEqual(["/var/lib/microvms"]);
  });

  it("evaluates without failed assertions or warnings", () => {
    expect(facts.assertions).toEqual([]);
    expect(facts.toplevels).toHaveLength(3);
    for (const path of facts.toplevels) expect(path).toMatch(/\.drv$/);
    expect(log).toBe("");
  });
});
