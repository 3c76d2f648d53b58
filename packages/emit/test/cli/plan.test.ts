/** `microvm-emit plan`: which VMs share a guest, and what keeps others apart. */
import { expect, it } from "vitest";
import { layOut, temporaryDirectory } from "../tree.js";
import { configurationNix, microvmEmit, parsed } from "./cli.js";

const source = `import { ast } from "microvm-emit";

export default {
  hosts: {
    alpha: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.0.0.1/24", network: "internet" } },
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

const laidOut = (): string => {
  const dir = temporaryDirectory();
  layOut(dir, { "microvm.config.ts": source, "configuration.nix": configurationNix });
  return dir;
};

it("shows people the guests of a host, and where each parts from the one most like it", () => {
  const { exitCode, stdout, stderr } = microvmEmit(laidOut(), ["plan", "microvm.config.ts"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(`alpha: 6 VMs of 5 guests

  guest a
    a  10.0.0.2  microvm0  8 CPUs  4096 MiB  reaches the internet
    b  10.0.0.3  microvm1  8 CPUs  1024 MiB  reaches the internet

  guest c
    not a, where firewall.enable is true and here false; toolchains differs too
    c  10.0.0.4  microvm2  8 CPUs  4096 MiB  reaches proxy.golang.org; sum.golang.org; 10.9.0.9:5432; the host's tcp 8080; the VMs a

  guest d
    not c, where packages[0] is not given and here pkgs.hello
    d  10.0.0.5  microvm3  8 CPUs  4096 MiB  reaches the internet

  guest e  of this VM alone, as the config says
    e  10.0.0.6  microvm4  8 CPUs  4096 MiB  reaches nothing

  guest f  of this VM alone, since its shares or environment are not ASCII
    f  10.0.0.7  microvm5  8 CPUs  4096 MiB  reaches the internet
`);
});

it("gives programs the same", () => {
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
