import { z } from "zod";
import { packageSchema } from "../config/terms.js";
import type { OptionPlan } from "../plan/plan.js";

/**
 * The options of microvm.nix that have a setting of their own, by their names below `microvm`: which setting of a VM that
 * is. The others are given by name, in a VM's `microvm`.
 */
export const vmSettings: Readonly<Record<string, string>> = {
  balloon: "balloon",
  deflateOnOOM: "balloon.deflateOnOOM",
  initialBalloonMem: "balloon.initialMiB",
  cpu: "cpu",
  credentialFiles: "credentialFiles",
  devices: "devices",
  "devices.*.bus": "devices[].bus",
  "devices.*.path": "devices[].path",
  "devices.*.qemu.bus": "devices[].qemu.bus",
  "devices.*.qemu.deviceExtraArgs": "devices[].qemu.deviceExtraArgs",
  "devices.*.qemu.id": "devices[].qemu.id",
  forwardPorts: "forwardPorts",
  "forwardPorts.*.from": "forwardPorts[].from",
  "forwardPorts.*.guest.address": "forwardPorts[].guest.address",
  "forwardPorts.*.guest.port": "forwardPorts[].guest.port",
  "forwardPorts.*.host.address": "forwardPorts[].host.address",
  "forwardPorts.*.host.port": "forwardPorts[].host.port",
  "forwardPorts.*.proto": "forwardPorts[].proto",
  "graphics.backend": "graphics.backend",
  "graphics.crosvmPackage": "graphics.crosvmPackage",
  "graphics.enable": "graphics",
  "graphics.hostmem": "graphics.hostMemoryMiB",
  "graphics.socket": "graphics.socket",
  "graphics.vulkan": "graphics.vulkan",
  hotplugMem: "hotplug.maxMiB",
  hotpluggedMem: "hotplug.initialMiB",
  hugepageMem: "hugepages",
  hypervisor: "hypervisor",
  interfaces: "interfaces",
  "interfaces.*.bridge": "interfaces[].bridge",
  "interfaces.*.id": "interfaces[].tap",
  "interfaces.*.mac": "interfaces[].mac",
  "interfaces.*.macvtap.link": "interfaces[].link",
  "interfaces.*.macvtap.mode": "interfaces[].mode",
  "interfaces.*.tap.vhost": "interfaces[].vhost",
  "interfaces.*.type": "interfaces[].type",
  kernel: "kernel",
  kernelParams: "kernelParams",
  machineId: "machineId",
  mem: "memoryMiB",
  shares: "shares",
  "shares.*.cache": "shares[].cache",
  "shares.*.extraArgs": "shares[].extraArgs",
  "shares.*.mountPoint": "shares[].mountPoint",
  "shares.*.posixAcl": "shares[].posixAcl",
  "shares.*.proto": "shares[].proto",
  "shares.*.readOnly": "shares[].readOnly",
  "shares.*.securityModel": "shares[].securityModel",
  "shares.*.socket": "shares[].socket",
  "shares.*.source": "shares[].source",
  "shares.*.tag": "shares[].tag",
  socket: "socket",
  storeDiskErofsFlags: "store.flags",
  storeDiskSquashfsFlags: "store.flags",
  storeDiskType: "store.disk",
  storeOnDisk: "store",
  user: "runAs",
  vcpu: "vcpu",
  volumes: "volumes",
  "volumes.*.autoCreate": "volumes[].autoCreate",
  "volumes.*.direct": "volumes[].direct",
  "volumes.*.fsType": "volumes[].fsType",
  "volumes.*.image": "volumes[].image",
  "volumes.*.imageType": "volumes[].imageType",
  "volumes.*.label": "volumes[].label",
  "volumes.*.mkfsExtraArgs": "volumes[].mkfsExtraArgs",
  "volumes.*.mountPoint": "volumes[].mountPoint",
  "volumes.*.readOnly": "volumes[].readOnly",
  "volumes.*.serial": "volumes[].serial",
  "volumes.*.size": "volumes[].sizeMiB",
  "vsock.cid": "vsock.cid",
  "vsock.ssh.enable": "vsock.ssh",
  writableStoreOverlay: "writableStoreOverlay",
};

/** The same of a host's options, where `NAME` is a VM's. */
export const hostSettings: Readonly<Record<string, string>> = {
  autostart: "vms.NAME.autostart",
  "host.startupTimeout": "startupTimeoutSeconds",
  "host.useNotifySockets": "useNotifySockets",
  stateDir: "stateDirectory",
  vms: "vms",
  "vms.<name>.autostart": "vms.NAME.autostart",
  "vms.<name>.config": "vms",
  "vms.<name>.evaluatedConfig": "importedVms.NAME.evaluatedConfig",
  "vms.<name>.extraModules": "vms.NAME.modules",
  "vms.<name>.flake": "importedVms.NAME.flake",
  "vms.<name>.nixpkgs": "vms.NAME.nixpkgs",
  "vms.<name>.pkgs": "vms.NAME.pkgs",
  "vms.<name>.restartIfChanged": "vms.NAME.restartIfChanged",
  "vms.<name>.specialArgs": "vms.NAME.specialArgs",
  "vms.<name>.updateFlake": "importedVms.NAME.updateFlake",
};

/** The settings that an option, or the options below a name, have of their own. */
export const settingsOf = (settings: Readonly<Record<string, string>>, option: string): readonly string[] => [
  ...new Set(
    Object.entries(settings)
      .filter(([name]) => name === option || name.startsWith(`${option}.`))
      .map(([, setting]) => setting),
  ),
];

/** An option that is given by name, as the schema knows it. */
export interface NamedOption {
  /** Its attribute path below `microvm`. */
  readonly option: readonly [string, ...string[]];
  /** What it takes: data, a package, or packages by name. */
  readonly takes: "data" | "package" | "packages";
}

/** The options that a schema of them knows: its leaves. */
export const optionsIn = (schema: z.ZodObject, above: readonly string[] = []): readonly NamedOption[] =>
  Object.entries<z.core.$ZodType>(schema.shape).flatMap(([name, part]): readonly NamedOption[] => {
    const inner = withoutWrappers(part);
    if (inner instanceof z.ZodObject) return optionsIn(inner, [...above, name]);
    const [first, ...rest] = [...above, name];
    return [{ option: [first, ...rest], takes: takenBy(inner) }];
  });

const withoutWrappers = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? withoutWrappers(schema.unwrap()) : schema;

const takenBy = (schema: z.core.$ZodType): NamedOption["takes"] => {
  if (schema === packageSchema) return "package";
  const record = schema instanceof z.ZodPipe ? schema.in : schema;
  return record instanceof z.ZodRecord && record.valueType === packageSchema ? "packages" : "data";
};

/** What a plan gives an option by name, as far as it is literal text. */
export const textsOf = (options: readonly OptionPlan[], name: string): readonly string[] =>
  options
    .filter(({ option }) => option.join(".") === name)
    .flatMap(({ value }) => (value.kind === "data" ? [value.data].flat() : []))
    .filter((part) => typeof part === "string");
