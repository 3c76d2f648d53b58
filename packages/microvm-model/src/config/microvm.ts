import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NixText, nixTextSchema, object, type Package, packageSchema, record } from "../scalars/terms.js";
import {
  type CloudHypervisorOptions,
  cloudHypervisorSchema,
  type CrosvmOptions,
  crosvmSchema,
  type FirecrackerOptions,
  firecrackerSchema,
  type HypervisorPackage,
  hypervisorPackageSchema,
  type VfkitOptions,
  vfkitSchema,
} from "./microvm-hypervisors.js";
import { type QemuOptions, qemuSchema } from "./microvm-qemu.js";
import { type VirtiofsdOptions, virtiofsdSchema } from "./microvm-virtiofsd.js";

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
   * Adds to the runner a link to the guest's system, from which `microvm -l` recognizes outdated VMs.
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

/** A part of microvm.nix that can be turned off. */
export interface Toggle {
  /**
   * Turns it on.
   *
   * @default yes
   */
  readonly enable?: boolean | undefined;
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

const toggle = object({ enable: z.boolean().optional() });

/** All optional and without defaults: microvm.nix sets the default of an omitted option. */
export const microvmSchema = object({
  alioth: hypervisorPackageSchema.optional(),
  binScripts: record(scalar.fileName, nixTextSchema).optional(),
  bootDisk: nixTextSchema.optional(),
  "cloud-hypervisor": cloudHypervisorSchema.optional(),
  crosvm: crosvmSchema.optional(),
  declaredRunner: packageSchema.optional(),
  deploy: object({
    installOnHost: packageSchema.optional(),
    sshSwitch: packageSchema.nullable().optional(),
    rebuild: packageSchema.nullable().optional(),
  }).optional(),
  extraArgsScript: nixTextSchema.nullable().optional(),
  firecracker: firecrackerSchema.optional(),
  guest: toggle.optional(),
  initrdPath: nixTextSchema.optional(),
  kvmtool: hypervisorPackageSchema.optional(),
  optimize: toggle.optional(),
  preStart: nixTextSchema.optional(),
  prettyProcnames: z.boolean().optional(),
  qemu: qemuSchema.optional(),
  registerClosure: z.boolean().optional(),
  registerWithMachined: z.boolean().optional(),
  runner: record(scalar.line, packageSchema).optional(),
  storeDisk: nixTextSchema.optional(),
  stratovirt: hypervisorPackageSchema.optional(),
  systemSymlink: z.boolean().optional(),
  vfkit: vfkitSchema.optional(),
  virtiofsd: virtiofsdSchema.optional(),
  vmHostPackages: packageSchema.optional(),
});

export const microvmHostSchema = object({ host: toggle.optional() });
