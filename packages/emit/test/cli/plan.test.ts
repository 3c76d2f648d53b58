/** `microvm-emit plan`: which VMs share a guest, what keeps others apart, and what each reaches and is reached by. */
import { expect, it } from "vitest";
import { layOut, temporaryDirectory } from "../tree.js";
import { configurationNix, microvmEmit, parsed } from "./cli.js";

const source = `import { ast } from "microvm-emit";

export default {
  hosts: {
    alpha: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] },
      bridges: { br0: { address: "10.0.0.1/24", network: "internet", nat: { externalInterface: "eno1" } } },
      vms: {
        a: { index: 0 },
        b: { index: 1, memoryMiB: 1024, environment: { PROJECT: "b" } },
        c: {
          index: 2, toolchains: ["go"], firewall: false,
          network: "allowlist", allow: ["10.9.0.9:5432"], reachHost: [8080], reachVms: ["a"],
        },
        d: { index: 3, toolchains: ["go"], firewall: false, packages: [ast.nix\`pkgs.hello\`] },
        e: { index: 4, guest: "own", network: "none" },
        f: { index: 5, shares: [{ tag: "f", source: "/srv/f", mountPoint: "/srv/für" }] },
      },
    },
  },
};
`;

const laidOut = (config = source): string => {
  const dir = temporaryDirectory();
  layOut(dir, { "microvm.config.ts": config, "configuration.nix": configurationNix });
  return dir;
};

/** VMs that are less apart than others, each in its way. */
const open = `export default {
  hosts: {
    alpha: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] },
      bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
      routed: { address: "10.9.0.1/24" },
      importedVms: { legacy: { flake: "nixpkgs" } },
      vms: {
        a: {
          index: 0, network: "none", sudo: true, publish: [{ host: 8080, guest: 22 }],
          shares: [
            { tag: "nixos", source: "/etc/nixos", dangerous: "the agent\\n maintains this host" },
            { tag: "all", source: "/etc", mountPoint: "/audit", readOnly: true, dangerous: "it audits" },
          ],
        },
        b: { index: 1, sudo: true, interfaces: [{ routed: true }], reachVms: ["a"], reachHost: ["dns"] },
        c: { index: 2, sudo: true, network: "open", interfaces: [{ routed: true }] },
        d: {
          index: 3, hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }],
          forwardPorts: [{ host: { port: 2222 }, guest: { port: 22 } }],
        },
      },
    },
  },
};
`;

it("shows people the guests of a host, and where each parts from the one most like it", () => {
  const { exitCode, stdout, stderr } = microvmEmit(laidOut(), ["plan", "microvm.config.ts"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(`alpha: 6 VMs of 5 guests

  guest a
    a  10.0.0.2  microvm0  8 CPUs  4096 MiB  reaches the internet
      reached by the VM c
    b  10.0.0.3  microvm1  8 CPUs  1024 MiB  reaches the internet

  guest c
    not a, where firewall.enable is true and here false; toolchains differs too
    c  10.0.0.4  microvm2  8 CPUs  4096 MiB  reaches proxy.golang.org; sum.golang.org; 10.9.0.9:5432; the host's tcp 8080; the VM a

  guest d
    not c, where packages[0] is not given and here pkgs.hello
    d  10.0.0.5  microvm3  8 CPUs  4096 MiB  reaches the internet

  guest e  of this VM alone, as the config says
    e  10.0.0.6  microvm4  8 CPUs  4096 MiB  reaches nothing

  guest f  of this VM alone, since its shares or environment are not ASCII
    f  10.0.0.7  microvm5  8 CPUs  4096 MiB  reaches the internet
`);
});

it("shows what else there is to weigh, below the VMs that have it", () => {
  const { exitCode, stdout, stderr } = microvmEmit(laidOut(open), ["plan", "microvm.config.ts"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(`alpha: 4 VMs of 2 guests

  guest a
    a  10.0.0.2  microvm0  8 CPUs  4096 MiB  reaches nothing
      reached by the VM b; eno1:8080 → tcp 22
      dangerous share /etc/nixos: the agent maintains this host
      dangerous share /etc, for reading: it audits
      sudo: its user becomes root without a password
    b  10.9.0.3  microvm1  8 CPUs  4096 MiB  reaches the host's udp 53, tcp 53; the VM a (no way out: the routed network has no nat)
      sudo: its user becomes root without a password
    c  10.9.0.4  microvm2  8 CPUs  4096 MiB  reaches everything but the internet (no way out: the routed network has no nat)
      reached by open VMs and whoever has a route to it
      sudo: its user becomes root without a password

  guest d
    not a, where hypervisor is cloud-hypervisor and here qemu; sudo differs too
    d                      8 CPUs  4096 MiB  reaches everything
      reached by *:2222 → tcp 22

  described elsewhere, reaching what they are made to reach: legacy
`);
});

it("gives programs the same", () => {
  const { hosts: [more] = [] } = parsed(microvmEmit(laidOut(open), ["plan", "microvm.config.ts", "--json"])) as {
    readonly hosts?: readonly unknown[];
  };
  expect(more).toMatchObject({
    importedVms: ["legacy"],
    guests: [
      {
        vms: [
          {
            name: "a",
            network: "none",
            wayOut: { by: "nat", through: "eno1" },
            reachedBy: { vms: ["b"], ports: [{ on: "eno1", proto: "tcp", port: 8080, guestPort: 22 }] },
            dangerousShares: [
              { source: "/etc/nixos", readOnly: false, reason: "the agent\n maintains this host" },
              { source: "/etc", readOnly: true, reason: "it audits" },
            ],
            sudo: true,
          },
          { name: "b", wayOut: null },
          { name: "c", wayOut: null, reachedBy: { everyone: true } },
        ],
      },
      { vms: [{ name: "d", wayOut: { by: "hypervisor", through: "qemu" }, dangerousShares: [], sudo: false }] },
    ],
  });
  const { hosts } = parsed(microvmEmit(laidOut(), ["plan", "microvm.config.ts", "--json"]));
  expect(hosts).toMatchObject([
    {
      host: "alpha",
      guests: [
        {
          name: "a",
          own: null,
          difference: null,
          vms: [{ name: "a" }, { name: "b", index: 1, addresses: ["10.0.0.3"] }],
        },
        {
          name: "c",
          difference: { from: "a", settings: ["firewall.enable", "toolchains"], here: "false", there: "true" },
        },
        { name: "d", difference: { from: "c", settings: ["packages[0]"], here: "pkgs.hello", there: null } },
        { name: "e", own: "asked", difference: null },
        { name: "f", own: "not-ascii" },
      ],
    },
  ]);
});

it("tells the problems of a config as every command does", () => {
  const dir = temporaryDirectory();
  layOut(dir, { "microvm.config.ts": "export default { hosts: { alpha: {} } };\n" });
  const { exitCode, stdout, stderr } = microvmEmit(dir, ["plan", "microvm.config.ts"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain("hosts.alpha.stateVersion");
});
