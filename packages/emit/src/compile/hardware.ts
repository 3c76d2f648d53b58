import {
  type ConfigPath,
  type HardwarePlan,
  imageOf,
  isSquashed,
  type OptionPlan,
  type SharePlan,
  type VmPlan,
  type VolumePlan,
} from "@microvm-emit/model";
import { attrs, type Binding, call, type Expr, ident, list, type NixInput, str, toNix } from "@microvm-emit/nix-ast";
import { at, bindingAt, packageFrom, setAt } from "./terms.js";

/** What a VM's hypervisor gives it, of which its NixOS need not know. */
export const compileMachine = (vm: VmPlan): readonly Binding[] => {
  const { balloon, hotplug } = vm;
  const given = givenOf(vm);
  return [
    ...given("vcpu", "vcpu", vm.vcpu),
    ...given("memoryMiB", "mem", vm.memoryMiB),
    ...given("balloon", "balloon", balloon === null ? undefined : true),
    ...given("balloon", "initialBalloonMem", orNothing(balloon?.initialMiB, 0)),
    ...given("balloon", "deflateOnOOM", orNothing(balloon?.deflateOnOOM, true)),
    ...given("hotplug", "hotplugMem", hotplug?.maxMiB),
    // microvm.nix's default is what the guest has, which other VMs may have too.
    ...given("hotplug", "hotpluggedMem", hotplug?.initialMiB ?? hotplug?.maxMiB),
    ...given("hugepages", "hugepageMem", orNothing(vm.hugepages, false)),
    ...given("runAs", "user", vm.runAs ?? undefined),
  ];
};

/** What a VM asks of its hypervisor that shows in its NixOS. */
export const compileHardware = (vm: VmPlan): readonly Binding[] => {
  const { storeDisk } = vm;
  const given = givenOf(vm);
  return [
    ...given("cpu", "cpu", vm.cpu ?? undefined),
    ...given("devices", "devices", vm.devices.length === 0 ? undefined : list(vm.devices.map(compileDevice))),
    ...given("graphics", "graphics", vm.graphics === null ? undefined : compileGraphics(vm.graphics)),
    ...given("kernel", "kernel", vm.kernel === null ? undefined : packageFrom("pkgs", vm.kernel)),
    ...given("kernelParams", "kernelParams", vm.kernelParams.length === 0 ? undefined : vm.kernelParams),
    ...given("store", "storeDiskType", storeDisk?.type),
    ...(storeDisk === null ? [] : given("store", storeDiskFlags[storeDisk.type], storeDisk.flags ?? undefined)),
    ...given("vsock", ["vsock", "ssh", "enable"], orNothing(vm.vsockSsh, false)),
    ...vm.options.map(compileOption),
  ];
};

/** A setting of the VM's by the option that it becomes; nothing for what the config leaves to microvm.nix. */
const givenOf =
  ({ path }: VmPlan) =>
  (setting: string, name: string | [string, ...string[]], value: NixInput | undefined): readonly Binding[] =>
    value === undefined ? [] : [bindingAt([...path, setting], name, value)];

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
export const compileShare = (share: SharePlan): Expr =>
  at(share.path, isSquashed(share) ? call(ident("squash"), attributesOf(share)) : attributesOf(share));

const attributesOf = ({ path, tag, mountPoint, ...share }: SharePlan): Expr =>
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
      posixAcl: isSquashed(share) ? undefined : (share.posixAcl ?? undefined),
      socket: share.socket ?? undefined,
      extraArgs: share.extraArgs.length === 0 ? undefined : share.extraArgs,
    }),
  );

/** An item of `microvm.volumes`, in the same way. */
export const compileVolume = (volume: VolumePlan): Expr =>
  at(volume.path, toNix({ image: volume.image, ...seenOfVolume(volume), ...ownOfVolume(volume) }));

/** The same as far as it shows in a guest that other VMs may have too. */
export const compileSeenVolume = (volume: VolumePlan, position: number): Expr =>
  at(volume.path, toNix({ image: imageOf(volume, position), ...seenOfVolume(volume) }));

/** The rest of it, by what the guest calls its image; nothing where microvm.nix's defaults do. */
export const compileOwnVolume = (volume: VolumePlan, position: number): readonly Binding[] => {
  const name = imageOf(volume, position);
  const own = Object.entries({ image: orNothing(volume.image, name), ...ownOfVolume(volume) }).flatMap(
    ([option, value]) => (value === undefined ? [] : [bindingAt(volume.path, option, value)]),
  );
  return own.length === 0 ? [] : [setAt(volume.path, name, own)];
};

const seenOfVolume = ({ mountPoint, fsType, label }: VolumePlan): Readonly<Record<string, NixInput | undefined>> => ({
  // It has no default (microvm.nix nixos-modules/microvm/options.nix).
  mountPoint: mountPoint === null ? null : at(mountPoint.path, str(mountPoint.value)),
  fsType: orNothing(fsType, "ext4"),
  label: label ?? undefined,
});

const ownOfVolume = (volume: VolumePlan): Readonly<Record<string, NixInput | undefined>> => ({
  size: volume.sizeMiB ?? undefined,
  readOnly: orNothing(volume.readOnly, false),
  autoCreate: orNothing(volume.autoCreate, true),
  serial: volume.serial ?? undefined,
  direct: orNothing(volume.direct, false),
  imageType: volume.imageType ?? undefined,
  mkfsExtraArgs: volume.mkfsExtraArgs.length === 0 ? undefined : volume.mkfsExtraArgs,
});
