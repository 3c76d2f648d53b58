import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import {
  type NixData,
  nixDataSchema,
  type NixText,
  nixTextSchema,
  object,
  type Package,
  packageSchema,
  record,
} from "../scalars/terms.js";

/**
 * Options of microvm.nix without a setting here, by their names below `microvm`. An omitted option keeps microvm.nix's
 * default.
 */
export interface MicrovmOptions {
  /**
   * Options of the hypervisor `alioth`.
   *
   * @default none
   */
  readonly alioth?: HypervisorPackage | undefined;

  /**
   * Additional scripts in the `bin/` folder of the runner, by name: shell commands.
   *
   * @default none
   * @example { "tap-up": "ip link set dev mytap up" }
   */
  readonly binScripts?: Readonly<Record<string, NixText>> | undefined;

  /**
   * The boot image for a hypervisor that cannot load a kernel.
   *
   * @default an image that microvm.nix builds on demand
   */
  readonly bootDisk?: NixText | undefined;

  /**
   * Options of the hypervisor `cloud-hypervisor`.
   *
   * @default none
   */
  readonly "cloud-hypervisor"?: CloudHypervisorOptions | undefined;

  /**
   * Options of the hypervisor `crosvm`.
   *
   * @default none
   */
  readonly crosvm?: CrosvmOptions | undefined;

  /**
   * The runner that the host installs.
   *
   * @default the runner of the VM's hypervisor
   */
  readonly declaredRunner?: Package | undefined;

  /**
   * Scripts that deploy the guest to another machine.
   *
   * @default none
   */
  readonly deploy?: DeployOptions | undefined;

  /**
   * A program that prints one line of additional hypervisor arguments at each start.
   *
   * @default none
   */
  readonly extraArgsScript?: NixText | null | undefined;

  /**
   * Options of the hypervisor `firecracker`.
   *
   * @default none
   */
  readonly firecracker?: FirecrackerOptions | undefined;

  /**
   * The guest module of microvm.nix.
   *
   * @default none
   */
  readonly guest?: Toggle | undefined;

  /**
   * The file of the initrd.
   *
   * @default the guest's own initrd
   */
  readonly initrdPath?: NixText | undefined;

  /**
   * Options of the hypervisor `kvmtool`.
   *
   * @default none
   */
  readonly kvmtool?: HypervisorPackage | undefined;

  /**
   * Options for a small guest that starts fast: no documentation, an initrd with systemd, networkd.
   *
   * @default none
   */
  readonly optimize?: Toggle | undefined;

  /**
   * Shell commands before the hypervisor starts.
   *
   * @default none
   */
  readonly preStart?: NixText | undefined;

  /**
   * Names the hypervisor's process `microvm@NAME`.
   *
   * @default yes
   */
  readonly prettyProcnames?: boolean | undefined;

  /**
   * Options of the hypervisor `qemu`.
   *
   * @default none
   */
  readonly qemu?: QemuOptions | undefined;

  /**
   * Registers the closure of the system in the guest's Nix database at boot; not possible with a persistent store
   * overlay.
   *
   * @default yes
   */
  readonly registerClosure?: boolean | undefined;

  /**
   * Registers the VM with `machinectl` on the host.
   *
   * @default no
   */
  readonly registerWithMachined?: boolean | undefined;

  /**
   * Runners by hypervisor, instead of microvm.nix's.
   *
   * @default none
   */
  readonly runner?: Readonly<Record<string, Package>> | undefined;

  /**
   * The image of the guest's store.
   *
   * @default an image that microvm.nix builds
   */
  readonly storeDisk?: NixText | undefined;

  /**
   * Options of the hypervisor `stratovirt`.
   *
   * @default none
   */
  readonly stratovirt?: HypervisorPackage | undefined;

  /**
   * Adds a link to the guest's system to the runner, with which `microvm -l` shows outdated VMs.
   *
   * @default true if the guest uses the host's store
   */
  readonly systemSymlink?: boolean | undefined;

  /**
   * Options of the hypervisor `vfkit`.
   *
   * @default none
   */
  readonly vfkit?: VfkitOptions | undefined;

  /**
   * The daemon for the guest's virtiofs shares.
   *
   * @default none
   */
  readonly virtiofsd?: VirtiofsdOptions | undefined;

  /**
   * The package set of the hypervisor.
   *
   * @default the guest's package set
   */
  readonly vmHostPackages?: Package | undefined;
}

/** Options of a hypervisor without other options. */
export interface HypervisorPackage {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;
}

/** A part of microvm.nix that can be turned off. */
export interface Toggle {
  /**
   * Turns it on.
   *
   * @default yes
   */
  readonly enable?: boolean | undefined;
}

/** Options of `cloud-hypervisor`. */
export interface CloudHypervisorOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs, or its build for graphics
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments; microvm.nix merges `--vsock`, `--platform` and `--cpus` with its own.
   *
   * @default none
   * @example ["--pvpanic"]
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * SMBIOS strings for the guest. They are readable in the store and in the process list.
   *
   * @default none
   */
  readonly platformOEMStrings?: readonly NixText[] | undefined;
}

/** Options of `crosvm`. */
export interface CrosvmOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The root folder of the hypervisor's sandboxes.
   *
   * @default none
   */
  readonly pivotRoot?: NixText | null | undefined;
}

/** Options of `firecracker`. */
export interface FirecrackerOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * Values that are merged into the JSON configuration of the VM.
   *
   * @default none
   * @example { "machine-config": { huge_pages: "2M" } }
   */
  readonly extraConfig?: Readonly<Record<string, NixData>> | undefined;

  /**
   * A CPU template.
   *
   * @default none
   */
  readonly cpu?: Readonly<Record<string, NixData>> | null | undefined;

  /**
   * The I/O engine of disks; `Async` needs io_uring.
   *
   * @default `Async`
   */
  readonly driveIoEngine?: "Async" | "Sync" | undefined;
}

/** Options of `qemu`. */
export interface QemuOptions {
  /**
   * The package of the hypervisor.
   *
   * @default `qemu_kvm`, or `qemu` with an emulated CPU
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The machine type, such as `q35`, which hotplugged memory needs.
   *
   * @default `microvm` on x86_64, `virt` on aarch64
   */
  readonly machine?: string | undefined;

  /**
   * Options of the machine by name, instead of all that microvm.nix sets.
   *
   * @default those of microvm.nix
   */
  readonly machineOpts?: Readonly<Record<string, NixText>> | null | undefined;

  /**
   * PCIe root ports, for devices that are plugged in while the guest runs.
   *
   * @default none
   * @example [{ id: "port0", bus: "pcie.0", chassis: 0 }]
   */
  readonly pcieRootPorts?: readonly PcieRootPort[] | undefined;

  /**
   * Gives the guest a serial console.
   *
   * @default yes
   */
  readonly serialConsole?: boolean | undefined;
}

/** A PCIe root port of `qemu`. */
export interface PcieRootPort {
  /** The name of the port, unique in a VM. */
  readonly id: string;

  /**
   * The bus of the port.
   *
   * @default QEMU's choice
   * @example "pcie.0"
   */
  readonly bus?: string | null | undefined;

  /**
   * The number of the chassis.
   *
   * @default QEMU's choice
   */
  readonly chassis?: number | null | undefined;

  /**
   * The number of the slot.
   *
   * @default QEMU's choice
   */
  readonly slot?: string | null | undefined;

  /**
   * The address on the bus.
   *
   * @default QEMU's choice
   */
  readonly addr?: string | null | undefined;
}

/** Options of `vfkit`, which runs on macOS. */
export interface VfkitOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The log level.
   *
   * @default `info`
   */
  readonly logLevel?: "debug" | "info" | "error" | null | undefined;

  /**
   * Apple's translation of x86_64 programs.
   *
   * @default none
   */
  readonly rosetta?: RosettaOptions | undefined;
}

/** Rosetta in a guest of `vfkit`, on Apple processors only. */
export interface RosettaOptions {
  /**
   * Turns it on.
   *
   * @default no
   */
  readonly enable?: boolean | undefined;

  /**
   * Starts the VM even if Rosetta is missing.
   *
   * @default no
   */
  readonly ignoreIfMissing?: boolean | undefined;

  /**
   * Installs Rosetta if it is missing.
   *
   * @default no
   */
  readonly install?: boolean | undefined;
}

/** The daemon for virtiofs shares. */
export interface VirtiofsdOptions {
  /**
   * The package of the daemon.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments for all shares of the VM.
   *
   * @default none
   * @example ["--log-level=debug"]
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The group with access to its sockets.
   *
   * @default `kvm`
   */
  readonly group?: string | null | undefined;

  /**
   * Uses file handles instead of open descriptors, of which many files need too many.
   *
   * @default `prefer`
   */
  readonly inodeFileHandles?: "never" | "prefer" | "mandatory" | null | undefined;

  /**
   * The number of its threads, or shell text that prints it.
   *
   * @default one per core
   */
  readonly threadPoolSize?: number | string | undefined;
}

/** Scripts of microvm.nix that deploy a guest to another machine. */
export interface DeployOptions {
  /**
   * Builds the VM and installs it on a host over SSH.
   *
   * @default microvm.nix's script
   */
  readonly installOnHost?: Package | undefined;

  /**
   * Switches the running guest over SSH.
   *
   * @default microvm.nix's script, if the guest can be switched
   */
  readonly sshSwitch?: Package | null | undefined;

  /**
   * Installs the VM on its host and switches the running guest.
   *
   * @default microvm.nix's script, if the guest can be switched
   */
  readonly rebuild?: Package | null | undefined;
}

/** Host options of microvm.nix without a setting here, by their names below `microvm`. */
export interface MicrovmHostOptions {
  /**
   * The host module of microvm.nix.
   *
   * @default none
   */
  readonly host?: Toggle | undefined;
}

const texts = z.array(nixTextSchema);
const toggle = object({ enable: z.boolean().optional() });
const hypervisorPackage = object({ package: packageSchema.optional() });

/** All optional and without defaults: microvm.nix sets the default of an omitted option. */
export const microvmSchema = object({
  alioth: hypervisorPackage.optional(),
  binScripts: record(scalar.fileName, nixTextSchema).optional(),
  bootDisk: nixTextSchema.optional(),
  "cloud-hypervisor": object({
    package: packageSchema.optional(),
    extraArgs: texts.optional(),
    platformOEMStrings: texts.optional(),
  }).optional(),
  crosvm: object({
    package: packageSchema.optional(),
    extraArgs: texts.optional(),
    pivotRoot: nixTextSchema.nullable().optional(),
  }).optional(),
  declaredRunner: packageSchema.optional(),
  deploy: object({
    installOnHost: packageSchema.optional(),
    sshSwitch: packageSchema.nullable().optional(),
    rebuild: packageSchema.nullable().optional(),
  }).optional(),
  extraArgsScript: nixTextSchema.nullable().optional(),
  firecracker: object({
    package: packageSchema.optional(),
    extraArgs: texts.optional(),
    extraConfig: record(scalar.anyText, nixDataSchema).optional(),
    cpu: record(scalar.anyText, nixDataSchema).nullable().optional(),
    driveIoEngine: z.enum(["Async", "Sync"]).optional(),
  }).optional(),
  guest: toggle.optional(),
  initrdPath: nixTextSchema.optional(),
  kvmtool: hypervisorPackage.optional(),
  optimize: toggle.optional(),
  preStart: nixTextSchema.optional(),
  prettyProcnames: z.boolean().optional(),
  qemu: object({
    package: packageSchema.optional(),
    extraArgs: texts.optional(),
    machine: scalar.line.optional(),
    machineOpts: record(scalar.line, nixTextSchema).nullable().optional(),
    pcieRootPorts: z
      .array(
        object({
          id: scalar.line,
          bus: scalar.line.nullable().optional(),
          chassis: z.int().nullable().optional(),
          slot: scalar.line.nullable().optional(),
          addr: scalar.line.nullable().optional(),
        }),
      )
      .optional(),
    serialConsole: z.boolean().optional(),
  }).optional(),
  registerClosure: z.boolean().optional(),
  registerWithMachined: z.boolean().optional(),
  runner: record(scalar.line, packageSchema).optional(),
  storeDisk: nixTextSchema.optional(),
  stratovirt: hypervisorPackage.optional(),
  systemSymlink: z.boolean().optional(),
  vfkit: object({
    package: packageSchema.optional(),
    extraArgs: texts.optional(),
    logLevel: z.enum(["debug", "info", "error"]).nullable().optional(),
    rosetta: object({
      enable: z.boolean().optional(),
      ignoreIfMissing: z.boolean().optional(),
      install: z.boolean().optional(),
    }).optional(),
  }).optional(),
  virtiofsd: object({
    package: packageSchema.optional(),
    extraArgs: texts.optional(),
    group: scalar.groupName.nullable().optional(),
    inodeFileHandles: z.enum(["never", "prefer", "mandatory"]).nullable().optional(),
    threadPoolSize: z.union([z.int().min(0), scalar.line]).optional(),
  }).optional(),
  vmHostPackages: packageSchema.optional(),
});

export const microvmHostSchema = object({ host: toggle.optional() });
