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
 * The options of microvm.nix that have no setting of their own here, by their names below `microvm`. What is left out
 * keeps microvm.nix's default.
 */
export interface MicrovmOptions {
  /**
   * The block of the hypervisor `alioth`.
   *
   * @default none
   */
  readonly alioth?: HypervisorPackage | undefined;

  /**
   * Further scripts in the `bin/` folder of the runner, by name: shell commands.
   *
   * @default none
   * @example { "tap-up": "ip link set dev mytap up" }
   */
  readonly binScripts?: Readonly<Record<string, NixText>> | undefined;

  /**
   * The image that a hypervisor boots which loads no kernel by itself.
   *
   * @default one that microvm.nix builds when something asks for it
   */
  readonly bootDisk?: NixText | undefined;

  /**
   * The block of the hypervisor `cloud-hypervisor`.
   *
   * @default none
   */
  readonly "cloud-hypervisor"?: CloudHypervisorOptions | undefined;

  /**
   * The block of the hypervisor `crosvm`.
   *
   * @default none
   */
  readonly crosvm?: CrosvmOptions | undefined;

  /**
   * The runner that the host installs.
   *
   * @default the one of the VM's hypervisor
   */
  readonly declaredRunner?: Package | undefined;

  /**
   * The scripts that bring the guest to another machine.
   *
   * @default none
   */
  readonly deploy?: DeployOptions | undefined;

  /**
   * A program that prints one line of further arguments for the hypervisor, run at each start.
   *
   * @default none
   */
  readonly extraArgsScript?: NixText | null | undefined;

  /**
   * The block of the hypervisor `firecracker`.
   *
   * @default none
   */
  readonly firecracker?: FirecrackerOptions | undefined;

  /**
   * Whether the guest module of microvm.nix does anything.
   *
   * @default none
   */
  readonly guest?: Toggle | undefined;

  /**
   * The initrd's file.
   *
   * @default the guest's own initrd
   */
  readonly initrdPath?: NixText | undefined;

  /**
   * The block of the hypervisor `kvmtool`.
   *
   * @default none
   */
  readonly kvmtool?: HypervisorPackage | undefined;

  /**
   * What makes a guest small and quick to start: no documentation, an initrd with systemd, networkd.
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
   * Whether the hypervisor's process is called `microvm@NAME`.
   *
   * @default yes
   */
  readonly prettyProcnames?: boolean | undefined;

  /**
   * The block of the hypervisor `qemu`.
   *
   * @default none
   */
  readonly qemu?: QemuOptions | undefined;

  /**
   * Whether the guest's Nix database learns at boot what its system stands on; does not go with a store overlay that
   * outlives restarts.
   *
   * @default yes
   */
  readonly registerClosure?: boolean | undefined;

  /**
   * Whether `machinectl` on the host knows the VM.
   *
   * @default no
   */
  readonly registerWithMachined?: boolean | undefined;

  /**
   * The runners by hypervisor, in place of microvm.nix's.
   *
   * @default none
   */
  readonly runner?: Readonly<Record<string, Package>> | undefined;

  /**
   * The image of the guest's store, where it has one.
   *
   * @default one that microvm.nix builds
   */
  readonly storeDisk?: NixText | undefined;

  /**
   * The block of the hypervisor `stratovirt`.
   *
   * @default none
   */
  readonly stratovirt?: HypervisorPackage | undefined;

  /**
   * Whether the runner holds a link to the guest's system, by which `microvm -l` tells what is outdated.
   *
   * @default yes where the guest has the host's store
   */
  readonly systemSymlink?: boolean | undefined;

  /**
   * The block of the hypervisor `vfkit`.
   *
   * @default none
   */
  readonly vfkit?: VfkitOptions | undefined;

  /**
   * The daemon that serves the guest's virtiofs shares.
   *
   * @default none
   */
  readonly virtiofsd?: VirtiofsdOptions | undefined;

  /**
   * The package set that the hypervisor comes from, where it is not the guest's.
   *
   * @default the guest's own set
   */
  readonly vmHostPackages?: Package | undefined;
}

/** What can be said of a hypervisor that has no other options. */
export interface HypervisorPackage {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;
}

/** A part of microvm.nix that can be switched off. */
export interface Toggle {
  /**
   * Whether it is there.
   *
   * @default yes
   */
  readonly enable?: boolean | undefined;
}

/** What `cloud-hypervisor` takes. */
export interface CloudHypervisorOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs, with graphics its build for them
   */
  readonly package?: Package | undefined;

  /**
   * Further arguments; `--vsock`, `--platform` and `--cpus` are merged with those of microvm.nix.
   *
   * @default none
   * @example ["--pvpanic"]
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * SMBIOS strings for the guest; what is written here can be read in the store and in the list of processes.
   *
   * @default none
   */
  readonly platformOEMStrings?: readonly NixText[] | undefined;
}

/** What `crosvm` takes. */
export interface CrosvmOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Further arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The folder that the hypervisor's sandboxes have as their root.
   *
   * @default none
   */
  readonly pivotRoot?: NixText | null | undefined;
}

/** What `firecracker` takes. */
export interface FirecrackerOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Further arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * What is merged into the JSON that configures the VM.
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
   * How the disks are read and written; `Async` needs io_uring.
   *
   * @default `Async`
   */
  readonly driveIoEngine?: "Async" | "Sync" | undefined;
}

/** What `qemu` takes. */
export interface QemuOptions {
  /**
   * The package of the hypervisor.
   *
   * @default `qemu_kvm`, or `qemu` where a CPU is emulated
   */
  readonly package?: Package | undefined;

  /**
   * Further arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The machine model, such as `q35`, which hotplugged memory needs.
   *
   * @default `microvm` on x86_64, `virt` on aarch64
   */
  readonly machine?: string | undefined;

  /**
   * The machine's options by name, in place of all that microvm.nix chooses.
   *
   * @default microvm.nix's choice
   */
  readonly machineOpts?: Readonly<Record<string, NixText>> | null | undefined;

  /**
   * PCIe root ports, which devices can be plugged into while the guest runs.
   *
   * @default none
   * @example [{ id: "port0", bus: "pcie.0", chassis: 0 }]
   */
  readonly pcieRootPorts?: readonly PcieRootPort[] | undefined;

  /**
   * Whether the guest has a serial console.
   *
   * @default yes
   */
  readonly serialConsole?: boolean | undefined;
}

/** A PCIe root port of `qemu`. */
export interface PcieRootPort {
  /** The name of the port, one of its kind in a VM. */
  readonly id: string;

  /**
   * The bus that the port is on.
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

/** What `vfkit` takes, which runs on macOS. */
export interface VfkitOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Further arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * How much it tells.
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

/** Rosetta in a guest of `vfkit`, on Apple's own processors only. */
export interface RosettaOptions {
  /**
   * Whether the guest has it.
   *
   * @default no
   */
  readonly enable?: boolean | undefined;

  /**
   * Whether the VM starts without it where it is missing.
   *
   * @default no
   */
  readonly ignoreIfMissing?: boolean | undefined;

  /**
   * Whether it is installed where it is missing.
   *
   * @default no
   */
  readonly install?: boolean | undefined;
}

/** The daemon that serves virtiofs shares. */
export interface VirtiofsdOptions {
  /**
   * The package of the daemon.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Further arguments, for all shares of the VM.
   *
   * @default none
   * @example ["--log-level=debug"]
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The group that may use its sockets.
   *
   * @default `kvm`
   */
  readonly group?: string | null | undefined;

  /**
   * Whether it holds files by handles in place of open descriptors, which run out with many files.
   *
   * @default `prefer`
   */
  readonly inodeFileHandles?: "never" | "prefer" | "mandatory" | null | undefined;

  /**
   * The number of its threads, or shell text that gives it.
   *
   * @default one a core
   */
  readonly threadPoolSize?: number | string | undefined;
}

/** Scripts of microvm.nix that bring a guest to another machine. */
export interface DeployOptions {
  /**
   * Builds and installs the VM on a host reached over SSH.
   *
   * @default microvm.nix's script
   */
  readonly installOnHost?: Package | undefined;

  /**
   * Switches the running guest, reached over SSH.
   *
   * @default microvm.nix's script, where the guest can be switched
   */
  readonly sshSwitch?: Package | null | undefined;

  /**
   * Installs the VM on its host and switches the running guest.
   *
   * @default microvm.nix's script, where the guest can be switched
   */
  readonly rebuild?: Package | null | undefined;
}

/** The options of microvm.nix on a host that have no setting of their own, by their names below `microvm`. */
export interface MicrovmHostOptions {
  /**
   * Whether the host module of microvm.nix does anything.
   *
   * @default none
   */
  readonly host?: Toggle | undefined;
}

const texts = z.array(nixTextSchema);
const toggle = object({ enable: z.boolean().optional() });
const hypervisorPackage = object({ package: packageSchema.optional() });

/** Everything here is optional and has no default: what is left out is left to microvm.nix. */
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
