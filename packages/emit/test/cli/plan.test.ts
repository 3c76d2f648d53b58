/** Tests `microvm-emit plan`: shared guests, differences between guests, and network access. */
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

/** VMs with weaker isolation, each in another way. */
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

it("plan prints the guests of a host, and the difference of each from the most similar one", () => {
  const { exitCode, stdout, stderr } = microvmEmit(laidOut(), ["plan", "microvm.config.ts"]);
  expect(exitCode).toBe(0);
  expect(stderr).toContain("warning[guest-not-shared] hosts.alpha.vms.f");
  expect(stdout).toBe(`alpha: 6 VMs, 5 guests
  user alice: uid and gid from the host's NixOS configuration
  Shared workspaces: Git, prompts, direnv and editors on the host run the agent's programs as you

  guest a
    a  10.0.0.2  microvm0  8 CPUs  4096 MiB
      internet: the internet, but not the host, other VMs or private networks
      reachable by VM c
    b  10.0.0.3  microvm1  8 CPUs  1024 MiB
      internet: the internet, but not the host, other VMs or private networks

  guest c
    c  10.0.0.4  microvm2  8 CPUs  4096 MiB
      allowlist: only these destinations
        go        proxy.golang.org sum.golang.org
        allow     10.9.0.9:5432
        the host  tcp 8080
        VMs       a
    differs from a: firewall.enable is false here and true there; also toolchains

  guest d
    d  10.0.0.5  microvm3  8 CPUs  4096 MiB
      internet: the internet, but not the host, other VMs or private networks
    differs from c: packages[0] is pkgs.hello here and unset there

  guest e  for this VM only (guest: "own")
    e  10.0.0.6  microvm4  8 CPUs  4096 MiB
      none: nothing

  guest f  for this VM only: its shares or environment are not ASCII
    f  10.0.0.7  microvm5  8 CPUs  4096 MiB
      internet: the internet, but not the host, other VMs or private networks
      shares /srv/f (writable)
`);
});

it("plan prints risks below their VMs", () => {
  const { exitCode, stdout, stderr } = microvmEmit(laidOut(open), ["plan", "microvm.config.ts"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(`alpha: 4 VMs, 2 guests
  user alice: uid and gid from the host's NixOS configuration
  Shared workspaces: Git, prompts, direnv and editors on the host run the agent's programs as you

  guest a
    a  10.0.0.2  microvm0  8 CPUs  4096 MiB
      none: nothing
      reachable by VM b; the network of eno1 (tcp 8080 → 22)
      dangerous share /etc/nixos (writable): the agent maintains this host
      dangerous share /etc (read-only): it audits
      sudo: its user can become root without a password
    b  10.9.0.3  microvm1  8 CPUs  4096 MiB
      internet: only these destinations
        the host  DNS
        VMs       a
      no route out: the routed network has no nat
      sudo: its user can become root without a password
    c  10.9.0.4  microvm2  8 CPUs  4096 MiB
      open: everything that the host can reach, the host itself, and other open VMs
      no route out: the routed network has no nat
      reachable by open VMs and all machines with a route to it
      sudo: its user can become root without a password

  guest d
    d                      8 CPUs  4096 MiB
      open: everything that the host can reach, the host itself, and other open VMs
      reachable by everyone who can reach the host (tcp 2222 → 22)
    differs from a: hypervisor is qemu here and cloud-hypervisor there; also sudo

  defined elsewhere, with unknown network policy: legacy
`);
});

/** Many equal VMs, and one with a long list. */
const alike = `const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

export default {
  hosts: {
    alpha: {
      stateVersion: "25.11",
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] },
      bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
      vmDefaults: { agent: "claude-code" },
      vms: {
        ...Object.fromEntries(names.map((name) => [name, {}])),
        listing: { network: "allowlist", agent: false, allow: ["github", "nix"] },
      },
    },
  },
};
`;

it("plan prints two lines for each similar VM, and wraps long lists", () => {
  const { stdout } = microvmEmit(laidOut(alike), ["plan", "microvm.config.ts"]);
  const lines = stdout.split("\n");
  expect(lines.slice(0, 7)).toEqual([
    "alpha: 10 VMs, 2 guests",
    "  user alice: uid and gid from the host's NixOS configuration",
    "  Shared workspaces: Git, prompts, direnv and editors on the host run the agent's programs as you",
    "",
    "  guest a",
    "    a        10.0.0.2   microvm0  8 CPUs  4096 MiB  login shared with b, c, d and 5 more",
    "      internet: the internet, but not the host, other VMs or private networks",
  ]);
  expect(lines.slice(24)).toEqual([
    "  guest listing",
    "    listing  10.0.0.11  microvm9  8 CPUs  4096 MiB",
    "      allowlist: only these destinations",
    "        github  github.com:22,443 api.github.com codeload.github.com uploads.github.com",
    "                *.githubusercontent.com *.actions.githubusercontent.com ghcr.io",
    "        nix     cache.nixos.org channels.nixos.org releases.nixos.org",
    expect.stringMatching(/^ {4}differs from a: agent/),
    "",
  ]);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
});

it("plan prints the same as JSON", () => {
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
            shares: [
              {
                source: "/etc/nixos",
                readOnly: false,
                keepsOwners: false,
                dangerous: "the agent\n maintains this host",
              },
              { source: "/etc", readOnly: true, keepsOwners: false, dangerous: "it audits" },
            ],
            sharedLogin: null,
            secrets: [],
            sudo: true,
          },
          { name: "b", wayOut: null, noWayOut: ["the routed network has no nat"] },
          { name: "c", wayOut: null, reachedBy: { everyone: true } },
        ],
      },
      { vms: [{ name: "d", wayOut: { by: "hypervisor", through: "qemu" }, shares: [], sudo: false }] },
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
          vms: [
            {
              reaches: {
                allowed: [
                  { from: "go", to: [{ target: "proxy.golang.org" }, { target: "sum.golang.org" }] },
                  { from: "allow", to: [{ target: "10.9.0.9", ports: [{ proto: "tcp", port: 5432 }] }] },
                ],
                host: [{ proto: "tcp", port: 8080 }],
                vms: ["a"],
              },
            },
          ],
        },
        { name: "d", difference: { from: "c", settings: ["packages[0]"], here: "pkgs.hello", there: null } },
        { name: "e", own: "asked", difference: null },
        { name: "f", own: "not-ascii" },
      ],
    },
  ]);
});

it("plan reports problems of a config", () => {
  const dir = temporaryDirectory();
  layOut(dir, { "microvm.config.ts": "export default { hosts: { alpha: {} } };\n" });
  const { exitCode, stdout, stderr } = microvmEmit(dir, ["plan", "microvm.config.ts"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain("hosts.alpha.stateVersion");
});

it("plan --table prints one line per VM", () => {
  const { stdout } = microvmEmit(laidOut(open), ["plan", "--table"]);
  expect(stdout).toBe(`VM  HOST   ADDRESS   VCPU    MEMORY  NETWORK   AGENT
a   alpha  10.0.0.2     8  4096 MiB  none      -
b   alpha  10.9.0.3     8  4096 MiB  internet  -
c   alpha  10.9.0.4     8  4096 MiB  open      -
d   alpha  -            8  4096 MiB  open      -
`);
  expect(microvmEmit(laidOut(alike), ["plan", "--table", "--vm", "listing", "--vm", "a"]).stdout).toBe(
    `VM       HOST   ADDRESS    VCPU    MEMORY  NETWORK    AGENT
a        alpha  10.0.0.2      8  4096 MiB  internet   claude-code
listing  alpha  10.0.0.11     8  4096 MiB  allowlist  -
`,
  );
});

it("plan selects VMs and hosts by name", () => {
  const dir = laidOut();
  expect(microvmEmit(dir, ["plan", "--vm", "b"]).stdout).toBe(`alpha: 1 VM, 1 guest
  user alice: uid and gid from the host's NixOS configuration
  Shared workspaces: Git, prompts, direnv and editors on the host run the agent's programs as you

  guest a
    b  10.0.0.3  microvm1  8 CPUs  1024 MiB
      internet: the internet, but not the host, other VMs or private networks
`);
  const names = parsed(microvmEmit(dir, ["plan", "--host", "alpha", "--json"]))["hosts"] as { host: string }[];
  expect(names.map(({ host }) => host)).toEqual(["alpha"]);
  expect(microvmEmit(dir, ["plan", "--vm", "z"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('The config has no VM "z".') as string,
  });
  expect(microvmEmit(dir, ["plan", "--host", "alhpa"]).stderr).toContain('Did you mean "alpha"?');
});
