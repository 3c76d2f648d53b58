import {
  type ConfigPath,
  type MachinePlan,
  type OptionPlan,
  type SharePlan,
  type VmPlan,
  type VolumePlan,
} from "@microvm-emit/model";
import { attrs, type Binding, type Expr, list, type NixInput, str, toNix } from "@microvm-emit/nix-ast";
import { at, bindingAt, packageFrom } from "../terms.js";

/** The hypervisor options that do not change the guest's NixOS, so VMs of one guest may differ in them. */
export const compileMachine = (vm: VmPlan): readonly Binding[] => {
  const {
    machine: { balloon, hotplug },
  } = vm;
  const given = givenOf(vm);
  return [
    ...given("vcpu", "vcpu", vm.machine.vcpu),
    ...given("memoryMiB", "mem", vm.machine.memoryMiB),
    ...given("balloon", "balloon", balloon === null ? undefined : true),
    ...given("balloon", "initialBalloonMem", orNothing(balloon?.initialMiB, 0)),
    ...given("balloon", "deflateOnOOM", orNothing(balloon?.deflateOnOOM, true)),
    ...given("hotplug", "hotplugMem", hotplug?.maxMiB),
    // microvm.nix takes its default from the guest, which VMs with other values may share.
    ...given("hotplug", "hotpluggedMem", hotplug?.initialMiB ?? hotplug?.maxMiB),
    ...given("hugepages", "hugepageMem", orNothing(vm.machine.hugepages, false)),
    ...given("runAs", "user", vm.machine.runAs ?? undefined),
  ];
};

/** The hypervisor options that change the guest's NixOS. */
export const compileHardware = (vm: VmPlan): readonly Binding[] => {
  const {
    storage: { storeDisk },
  } = vm;
  const given = givenOf(vm);
  return [
    ...given("cpu", "cpu", vm.machine.cpu ?? undefined),
    ...given(
      "devices",
      "devices",
      vm.machine.devices.length === 0 ? undefined : list(vm.machine.devices.map(compileDevice)),
    ),
    ...given("graphics", "graphics", vm.machine.graphics === null ? undefined : compileGraphics(vm.machine.graphics)),
    ...given("kernel", "kernel", vm.machine.kernel === null ? undefined : packageFrom("pkgs", vm.machine.kernel)),
    ...given(
      "kernelParams",
      "kernelParams",
      vm.machine.kernelParams.length === 0 ? undefined : vm.machine.kernelParams,
    ),
    ...given("store", "storeDiskType", storeDisk?.type),
    ...(storeDisk === null ? [] : given("store", storeDiskFlags[storeDisk.type], storeDisk.flags ?? undefined)),
    ...given("vsock", ["vsock", "ssh", "enable"], orNothing(vm.machine.vsockSsh, false)),
    ...vm.machine.options.map(compileOption),
  ];
};

/** Binds an option to the config path of the setting behind it; an undefined value gives no binding. */
const givenOf =
  ({ path }: VmPlan) =>
  (setting: string, name: string | [string, ...string[]], value: NixInput | undefined): readonly Binding[] =>
    value === undefined ? [] : [bindingAt([...path, setting], name, value)];

/** Drops a value that equals microvm.nix's default. */
const orNothing = <A>(value: A | undefined, fallback: A): A | undefined => (value === fallback ? undefined : value);

const storeDiskFlags = { erofs: "storeDiskErofsFlags", squashfs: "storeDiskSquashfsFlags" } as const;

const compileDevice = ({ path, bus, device, qemu }: VmPlan["machine"]["devices"][number]): Expr =>
  at(path, toNix({ bus, path: device, qemu: Object.keys(qemu).length === 0 ? undefined : qemu }));

const compileGraphics = ({
  backend,
  crosvmPackage,
  hostMemoryMiB,
  socket,
  vulkan,
}: NonNullable<MachinePlan["graphics"]>): Expr =>
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

/** An element of `shares`, without the library's defaults. */
export const compileShare = ({ path, role, tag, source, mountPoint, ...share }: SharePlan): Expr =>
  at(
    path,
    toNix({
      tag: at(tag.path, str(tag.value)),
      source,
      mountPoint: mountPoint.value === source ? undefined : at(mountPoint.path, str(mountPoint.value)),
      mode: role === "agent" ? "0700" : undefined,
      proto: orNothing(share.proto, "virtiofs"),
      readOnly: orNothing(share.readOnly, false),
      owners: share.owners === "guest" ? "guest" : undefined,
      neededForBoot: orNothing(share.neededForBoot, false),
      cache: share.cache ?? undefined,
      securityModel: share.securityModel ?? undefined,
      posixAcl: share.posixAcl ?? undefined,
      socket: share.socket ?? undefined,
      extraArgs: share.extraArgs.length === 0 ? undefined : share.extraArgs,
    }),
  );

/** An element of `volumes`, without the library's defaults. */
export const compileVolume = (volume: VolumePlan): Expr =>
  at(
    volume.path,
    toNix({
      image: volume.image,
      mountPoint: volume.mountPoint === null ? undefined : at(volume.mountPoint.path, str(volume.mountPoint.value)),
      sizeMiB: volume.sizeMiB ?? undefined,
      fsType: orNothing(volume.fsType, "ext4"),
      label: volume.label ?? undefined,
      readOnly: orNothing(volume.readOnly, false),
      neededForBoot: orNothing(volume.neededForBoot, false),
      autoCreate: orNothing(volume.autoCreate, true),
      serial: volume.serial ?? undefined,
      direct: orNothing(volume.direct, false),
      imageType: volume.imageType ?? undefined,
      mkfsExtraArgs: volume.mkfsExtraArgs.length === 0 ? undefined : volume.mkfsExtraArgs,
    }),
  );
