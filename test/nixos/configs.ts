/** Hosts and VMs of the tests. */
import { readFileSync } from "node:fs";
import { claudeCode, type Config, type Host, type Vm, zsh } from "microvm-emit";
import { emittedFlat } from "../nix/emitted.js";
import { UPLINK } from "./host.js";

/** The kernel cannot measure its clock under emulation. With random addresses, QEMU would translate code again. */
const emulation = (): readonly string[] => {
  const [, megahertz] = /^cpu MHz\s*:\s*([\d.]+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8")) ?? [];
  if (megahertz === undefined) throw new Error("/proc/cpuinfo contains no frequency.");
  const frequency = `tsc_early_khz=${String(Math.round(Number(megahertz) * 1000))}`;
  return [frequency, "no_timer_check", "nokaslr", "mitigations=off", "audit=0"];
};

/** The settings of every VM: emulated by QEMU, because a container on a CI machine has no KVM. */
const machine = {
  hypervisor: "qemu",
  cpu: "max",
  memoryMiB: 1024,
  vcpu: 1,
  vsock: false,
  kernelParams: emulation(),
} as const satisfies Vm;

/** A VM with an agent, programs and shell settings. */
export const coder: Vm = { ...machine, agent: claudeCode(), packages: ["git", "ripgrep"], home: [zsh()] };

const BRIDGE = "microbr";

/** A config of one host `lab`. */
export const labOf = (sshKey: string, vms: Host["vms"]): Config => ({
  hosts: {
    lab: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: [sshKey] },
      bridges: { [BRIDGE]: { address: "192.168.83.1/24", nat: { externalInterface: UPLINK } } },
      ...(vms === undefined ? {} : { vms }),
    },
  },
});

/** Writes the flake of a config to a new folder. */
export const flakeOf = (config: Config): string =>
  emittedFlat(config, { "configuration.nix": readFileSync(new URL("host.nix", import.meta.url), "utf8") });

/** The attribute of the system of the host. */
export const SYSTEM = "nixosConfigurations.lab.config.system.build.toplevel";
