import type { HypervisorName } from "../catalogue/hypervisors.js";
import type { HostModel, VmModel } from "../config/config.js";
import { microvmSchema } from "../config/microvm.js";
import type { NixData, NixText } from "../scalars/terms.js";
import type { ConfigPath } from "../problems/problem.js";
import { cidOf } from "./allocate.js";
import { expandHome } from "./folders.js";
import { type NamedOption, optionsIn } from "./named-options.js";
import type { Placed } from "./placed.js";
import { type PackagePlan, planPackage } from "./references.js";
import type { UserPlan } from "./users.js";

/** The virtual machine that the hypervisor runs, without network and disks. */
export interface MachinePlan {
  /** The program that runs the VM. */
  readonly hypervisor: HypervisorName;
  /** The number of virtual CPUs. */
  readonly vcpu: number;
  /** The guest's memory at boot, in MiB. */
  readonly memoryMiB: number;
  /** Limits of the VM on the host. */
  readonly limits: LimitsPlan;
  /** The name of the control socket; null without one. */
  readonly socket: string | null;
  /** The vsock address of the guest; null without vsock. */
  readonly vsockCid: Placed<number> | null;
  /** True if SSH listens on vsock. */
  readonly vsockSsh: boolean;
  /** The memory balloon; null without one. */
  readonly balloon: { readonly initialMiB: number; readonly deflateOnOOM: boolean } | null;
  /** Memory that can be added to the running VM; null without it. */
  readonly hotplug: { readonly maxMiB: number; readonly initialMiB: number | null } | null;
  /** True to use huge pages. */
  readonly hugepages: boolean;
  /** The CPU model to emulate; null for the CPU of the host. */
  readonly cpu: string | null;
  /** Devices of the host that the guest owns. */
  readonly devices: readonly DevicePlan[];
  /** The graphical output; null without one. */
  readonly graphics: GraphicsPlan | null;
  /** Files of the host by the name of the credential. */
  readonly credentialFiles: Readonly<Record<string, string>>;
  /** The user that QEMU becomes after its start; null for the user of the service. */
  readonly runAs: string | null;
  /** The kernel packages; null for the default. */
  readonly kernel: PackagePlan | null;
  /** More arguments of the kernel. */
  readonly kernelParams: readonly NixText[];
  /** The machine id; null if microvm.nix derives one at run time, undefined if the config omits it. */
  readonly machineId: string | null | undefined;
  /** The machine type of QEMU: the config's or the default of microvm.nix. */
  readonly qemuMachine: string;
  /** Options that the config sets by their names in microvm.nix. */
  readonly options: readonly OptionPlan[];
}

/** Limits on the use of the host; null for the default. */
export interface LimitsPlan {
  /** CPU time in percent of one CPU. */
  readonly cpuPercent: number | null;
  /** Memory of the hypervisor and its helpers, in MiB. */
  readonly memoryMiB: number | null;
  /** The share of disk time, from 1 to 10000. */
  readonly ioWeight: number | null;
  /** The number of threads and processes. */
  readonly tasks: number | null;
}

/** A device of the host that the guest owns. */
export interface DevicePlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** The bus of the device. */
  readonly bus: "pci" | "usb";
  /** Its address on the bus. */
  readonly device: string;
  /** More settings for QEMU, by name. */
  readonly qemu: Readonly<Record<string, string | undefined>>;
}

/** The graphical output. */
export interface GraphicsPlan {
  /** The kind of window. */
  readonly backend: "gtk" | "cocoa" | "headless";
  /** The crosvm that renders for cloud-hypervisor; null for that of nixpkgs. */
  readonly crosvmPackage: PackagePlan | null;
  /** The window of host memory of a graphics card with Vulkan, in MiB. */
  readonly hostMemoryMiB: number;
  /** The socket of the renderer; null for the default. */
  readonly socket: string | null;
  /** The Vulkan transport of QEMU; null without Vulkan. */
  readonly vulkan: string | null;
}

/** An option of microvm.nix that the config gives by its own name. */
export interface OptionPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** Its attribute path below `microvm`. */
  readonly option: readonly [string, ...string[]];
  /** Its value. */
  readonly value: OptionValue;
}

/** The value of an option: data, a package, or packages by name. */
export type OptionValue =
  | { readonly kind: "data"; readonly data: NixData }
  | { readonly kind: "package"; readonly package: PackagePlan }
  | { readonly kind: "packages"; readonly packages: Readonly<Record<string, PackagePlan>> };

export const planMachine = (
  vm: VmModel,
  index: number,
  host: HostModel,
  owner: UserPlan,
  path: ConfigPath,
): MachinePlan => {
  const { balloon, hotplug, graphics, vsock } = vm;
  return {
    hypervisor: vm.hypervisor,
    vcpu: vm.vcpu,
    memoryMiB: vm.memoryMiB,
    limits: planLimits(vm),
    socket: vm.socket,
    vsockCid: planCid(vm, index, path),
    vsockSsh: vsock !== false && vsock.ssh,
    balloon: balloon === false ? null : balloon === true ? { initialMiB: 0, deflateOnOOM: true } : balloon,
    hotplug: hotplug === undefined ? null : { maxMiB: hotplug.maxMiB, initialMiB: hotplug.initialMiB ?? null },
    hugepages: vm.hugepages,
    cpu: vm.cpu ?? null,
    devices: vm.devices.map(({ bus, path: device, qemu = {} }, position) => ({
      path: [...path, "devices", position],
      bus,
      device,
      qemu,
    })),
    graphics: graphics === false ? null : planGraphics(graphics === true ? {} : graphics),
    credentialFiles: Object.fromEntries(
      Object.entries(vm.credentialFiles).map(([name, file]) => [name, expandHome(file, owner)]),
    ),
    runAs: vm.runAs ?? null,
    kernel: vm.kernel === undefined ? null : planPackage(vm.kernel),
    kernelParams: vm.kernelParams,
    machineId: vm.machineId,
    qemuMachine: vm.microvm.qemu?.machine ?? defaultMachines[host.system],
    options: planOptions(vm.microvm, [...path, "microvm"]),
  };
};

const planLimits = ({ limits }: VmModel): LimitsPlan => ({
  cpuPercent: limits.cpuPercent ?? null,
  memoryMiB: limits.memoryMiB ?? null,
  ioWeight: limits.ioWeight ?? null,
  tasks: limits.tasks ?? null,
});

const planCid = (vm: VmModel, index: number, path: ConfigPath): Placed<number> | null => {
  if (vm.vsock === false) return null;
  return vm.vsock.cid === undefined
    ? { value: cidOf(index), path }
    : { value: vm.vsock.cid, path: [...path, "vsock", "cid"] };
};

/** The default of microvm.nix for `qemu` (nixos-modules/microvm/default.nix). */
const defaultMachines: Readonly<Record<HostModel["system"], string>> = {
  "aarch64-linux": "virt",
  "x86_64-linux": "microvm",
};

const planGraphics = ({
  backend,
  crosvmPackage,
  hostMemoryMiB,
  socket,
  vulkan,
}: Partial<Exclude<VmModel["graphics"], boolean>>): MachinePlan["graphics"] => ({
  backend: backend ?? "gtk",
  crosvmPackage: crosvmPackage === undefined ? null : planPackage(crosvmPackage),
  hostMemoryMiB: hostMemoryMiB ?? 256,
  socket: socket ?? null,
  vulkan: vulkan ?? null,
});

/** The options that a config gives by name, in the order of their names. */
const planOptions = (given: VmModel["microvm"], path: ConfigPath): readonly OptionPlan[] =>
  Object.keys(given).length === 0
    ? []
    : optionsIn(microvmSchema).flatMap(({ option, takes }) => {
        const value = valueAt(given, option);
        return value === undefined ? [] : [{ option, path: [...path, ...option], value: planValue(value, takes) }];
      });

const valueAt = (given: unknown, option: readonly string[]): unknown =>
  option.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined,
    given,
  );

/** The schema already checked each value against the type of its option. */
const planValue = (value: unknown, takes: NamedOption["takes"]): OptionValue => {
  const plan = (reference: unknown) => planPackage(reference as Parameters<typeof planPackage>[0]);
  if (takes === "data" || value === null)
    return { kind: "data", data: value as (OptionValue & { kind: "data" })["data"] };
  return takes === "package"
    ? { kind: "package", package: plan(value) }
    : {
        kind: "packages",
        packages: Object.fromEntries(
          Object.entries(value as object).map(([name, reference]) => [name, plan(reference)]),
        ),
      };
};
