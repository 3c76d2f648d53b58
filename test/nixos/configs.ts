/** Hosts and VMs of the tests. */
import { readFileSync } from "node:fs";
import { ast, claudeCode, type Config, type Host, type Module, type Vm, zsh } from "microvm-emit";
import { emittedFlat } from "../nix/emitted.js";
import { DNS, UPLINK } from "./outside.js";

/** The kernel cannot measure its clock under emulation. With random addresses, QEMU would translate code again. */
const emulation = (): readonly string[] => {
  const [, megahertz] = /^cpu MHz\s*:\s*([\d.]+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8")) ?? [];
  if (megahertz === undefined) throw new Error("/proc/cpuinfo contains no frequency.");
  const frequency = `tsc_early_khz=${String(Math.round(Number(megahertz) * 1000))}`;
  // On a busy machine, a disk appears after more than the 90 s that systemd waits by default.
  const patience = ["systemd.default_device_timeout_sec=1200", "systemd.default_timeout_start_sec=1200"];
  return [frequency, "no_timer_check", "nokaslr", "mitigations=off", "audit=0", ...patience];
};

/** The settings of every VM: emulated by QEMU, because a container on a CI machine has no KVM. */
export const machine = {
  hypervisor: "qemu",
  cpu: "max",
  memoryMiB: 1024,
  vcpu: 1,
  vsock: false,
  kernelParams: emulation(),
  nameservers: [DNS],
  // The host enforces policies without the help of the guest. NixOS's firewall takes a third of a boot under emulation.
  firewall: false,
} as const satisfies Vm;

/** A VM with an agent, programs and shell settings. */
export const coder: Vm = {
  ...machine,
  firewall: true,
  agent: claudeCode(),
  toolchains: ["go"],
  packages: ["git"],
  home: [zsh()],
};

/** Lets root log in with a key, for tests of a compromised guest. */
export const rootLogin = (key: string): Module =>
  ast.attrs({
    users: { users: { root: { openssh: { authorizedKeys: { keys: [key] } } } } },
    services: { openssh: { settings: { PermitRootLogin: "prohibit-password" } } },
  });

/**
 * A config of one host `lab`.
 *
 * @param modules further modules of the host, beside the flake
 */
export const labOf = (sshKey: string, vms: NonNullable<Host["vms"]>, modules: readonly Module[] = []): Config => ({
  hosts: {
    lab: {
      stateVersion: "25.11",
      modules: ["./configuration.nix", ...modules],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: [sshKey] },
      bridges: { microbr: { address: "192.168.83.1/24", nat: { externalInterface: UPLINK } } },
      vms,
    },
  },
});

/** The text of a file of these tests. */
export const file = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

/** Writes the flake of a config to a new folder. */
export const flakeOf = (config: Config): string =>
  emittedFlat(config, { "configuration.nix": file("host.nix"), "container.nix": file("container.nix") });

/** The attribute of the system of the host. */
export const SYSTEM = "nixosConfigurations.lab.config.system.build.toplevel";
