import type { HostModel, VmModel } from "../config/config.js";
import { microvmSchema } from "../config/microvm.js";
import type { HardwarePlan, OptionPlan, OptionValue, UserPlan } from "../plan/plan.js";
import type { ConfigPath } from "../problems/problem.js";
import { expandHome } from "./folders.js";
import { type NamedOption, optionsIn } from "./named-options.js";
import { planPackage } from "./references.js";

/** What a VM's hypervisor is asked for besides network and disks. */
export const planHardware = (vm: VmModel, host: HostModel, owner: UserPlan, path: ConfigPath): HardwarePlan => {
  const { balloon, hotplug, graphics, store, vsock } = vm;
  return {
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
    storeDisk: typeof store === "string" ? null : { type: store.disk, flags: store.flags ?? null },
    vsockSsh: vsock !== false && vsock.ssh,
    qemuMachine: vm.microvm.qemu?.machine ?? defaultMachines[host.system],
    options: planOptions(vm.microvm, [...path, "microvm"]),
  };
};

/** What microvm.nix chooses for `qemu` (nixos-modules/microvm/default.nix). */
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
}: Partial<Exclude<VmModel["graphics"], boolean>>): HardwarePlan["graphics"] => ({
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

/** The schema has held each value to what its option takes. */
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
