import type { ConfigPath, HardwarePlan, OptionPlan, SharePlan, VmPlan, VolumePlan } from "@microvm-emit/model";
import { attrs, type Binding, type Expr, list, type NixInput, str, toNix } from "@microvm-emit/nix-ast";
import { at, bindingAt, packageFrom } from "./terms.js";

/** What a VM asks of its hypervisor besides what every VM does. */
export const compileHardware = (vm: VmPlan): readonly Binding[] => {
  const { path, balloon, hotplug, storeDisk } = vm;
  const given = (setting: string, name: string | [string, ...string[]], value: NixInput | undefined): Binding[] =>
    value === undefined ? [] : [bindingAt([...path, setting], name, value)];
  return [
    ...given("balloon", "balloon", balloon === null ? undefined : true),
    ...given("balloon", "initialBalloonMem", orNothing(balloon?.initialMiB, 0)),
    ...given("balloon", "deflateOnOOM", orNothing(balloon?.deflateOnOOM, true)),
    ...given("hotplug", "hotplugMem", hotplug?.maxMiB),
    ...given("hotplug", "hotpluggedMem", hotplug?.initialMiB ?? undefined),
    ...given("hugepages", "hugepageMem", orNothing(vm.hugepages, false)),
    ...given("cpu", "cpu", vm.cpu ?? undefined),
    ...given("devices", "devices", vm.devices.length === 0 ? undefined : list(vm.devices.map(compileDevice))),
    ...given("graphics", "graphics", vm.graphics === null ? undefined : compileGraphics(vm.graphics)),
    ...given("runAs", "user", vm.runAs ?? undefined),
    ...given("kernel", "kernel", vm.kernel === null ? undefined : packageFrom("pkgs", vm.kernel)),
    ...given("kernelParams", "kernelParams", vm.kernelParams.length === 0 ? undefined : vm.kernelParams),
    ...given("machineId", "machineId", vm.machineId),
    ...given("store", "storeDiskType", storeDisk?.type),
    ...(storeDisk === null ? [] : given("store", storeDiskFlags[storeDisk.type], storeDisk.flags ?? undefined)),
    ...given("vsock", ["vsock", "ssh", "enable"], orNothing(vm.vsockSsh, false)),
    ...vm.options.map(compileOption),
  ];
};

/** What differs from microvm.nix's default, which need not be written. */
const orNothing = <A>(value: A | undefined, fallback: A): A | undefined => (value === fallback ? undefined : value);

const storeDiskFlags = { erofs: "storeDiskErofsFlags", squashfs: "storeDiskSquashfsFlags" } as const;

const compileDevice = ({ path, bus, device, qemu }: VmPlan["devices"][number]): Expr =>
  at(path, toNix({ bus, path: device, qemu: Object.keys(qemu).length === 0 ? undefined : qemu }));

const compileGraphics = ({
  backend,
  crosvmPackage,
  hostMemoryMiB,
  socket,
  vulkan,
}: NonNullable<HardwarePlan["graphics"]>): Expr =>
  attrs({
    enable: true,
    backend: orNothing(backend, "gtk"),
    crosvmPackage: crosvmPackage === null ? undefined : packageFrom("pkgs", crosvmPackage),
    hostmem: hostMemoryMiB === 256 ? undefined : `${String(hostMemoryMiB)}M`,
    socket: socket ?? undefined,
    vulkan: vulkan ?? undefined,
  });

const compileOption = ({ path, option, value }: OptionPlan): Binding =>
  bindingAt(path, option, compileValue(path, value));

const compileValue = (path: ConfigPath, value: OptionPlan["value"]): NixInput => {
  switch (value.kind) {
    case "data":
      return value.data;
    case "package":
      return packageFrom("pkgs", value.package);
    case "packages":
      return attrs(
        Object.entries(value.packages).map(([name, own]) => bindingAt([...path, name], name, packageFrom("pkgs", own))),
      );
  }
};

/** An item of `microvm.shares`; what microvm.nix has by itself is left out. */
export const compileShare = ({ path, tag, mountPoint, ...share }: SharePlan): Expr =>
  at(
    path,
    toNix({
      proto: share.proto,
      tag: at(tag.path, str(tag.value)),
      source: share.source,
      mountPoint: at(mountPoint.path, str(mountPoint.value)),
      readOnly: orNothing(share.readOnly, false),
      cache: share.cache ?? undefined,
      securityModel: share.securityModel ?? undefined,
      posixAcl: share.posixAcl ?? undefined,
      socket: share.socket ?? undefined,
      extraArgs: share.extraArgs.length === 0 ? undefined : share.extraArgs,
    }),
  );

/** An item of `microvm.volumes`, in the same way. */
export const compileVolume = ({ path, mountPoint, ...volume }: VolumePlan): Expr =>
  at(
    path,
    toNix({
      image: volume.image,
      // It has no default (microvm.nix nixos-modules/microvm/options.nix).
      mountPoint: mountPoint === null ? null : at(mountPoint.path, str(mountPoint.value)),
      size: volume.sizeMiB ?? undefined,
      fsType: orNothing(volume.fsType, "ext4"),
      readOnly: orNothing(volume.readOnly, false),
      autoCreate: orNothing(volume.autoCreate, true),
      label: volume.label ?? undefined,
      serial: volume.serial ?? undefined,
      direct: orNothing(volume.direct, false),
      imageType: volume.imageType ?? undefined,
      mkfsExtraArgs: volume.mkfsExtraArgs.length === 0 ? undefined : volume.mkfsExtraArgs,
    }),
  );
