import { z } from "zod";
import { type HypervisorName, hypervisors } from "../catalogue/hypervisors.js";
import * as scalar from "../scalars/scalars.js";
import { type NixText, nixTextSchema, object, type Package, packageSchema, record } from "../scalars/terms.js";
import {
  type Balloon,
  balloonSchema,
  type Device,
  deviceSchema,
  type Graphics,
  graphicsSchema,
  type Hotplug,
  hotplugSchema,
} from "./hardware.js";
import { type Limits, limitsSchema } from "./limits.js";
import { type MicrovmOptions, microvmSchema } from "./microvm.js";

/** The virtual hardware of a VM, and its process on the host. */
export interface VmMachine {
  /**
   * The program that runs the VM. microvm-emit reports a setting that it does not support, and lists the hypervisors
   * that support it.
   *
   * @default "cloud-hypervisor"
   */
  readonly hypervisor?: HypervisorName | undefined;

  /**
   * The number of virtual CPUs.
   *
   * @default 8
   */
  readonly vcpu?: number | undefined;

  /**
   * The guest's memory in MiB (1024 MiB = 1 GiB). `qemu` hangs with exactly 2048.
   *
   * @default 4096
   */
  readonly memoryMiB?: number | undefined;

  /**
   * The name of the hypervisor's control socket in the VM's folder below `/var/lib/microvms`. Without one (null), the
   * guest cannot shut down gracefully.
   *
   * @default "control.socket"
   */
  readonly socket?: string | null | undefined;

  /**
   * Lets the host take memory back from the running guest.
   *
   * @default false
   * @example { initialMiB: 1024 }
   */
  readonly balloon?: boolean | Balloon | undefined;

  /**
   * Memory that can be added to the running guest, in addition to `memoryMiB`.
   *
   * @default none
   * @example { maxMiB: 8192, initialMiB: 0 }
   */
  readonly hotplug?: Hotplug | undefined;

  /**
   * Uses huge pages for the guest's memory, which the host must reserve; `cloud-hypervisor` only.
   *
   * @default false
   */
  readonly hugepages?: boolean | undefined;

  /**
   * The CPU that `qemu` emulates, which is far slower than the host's own.
   *
   * @default none: the host's
   * @example "max"
   */
  readonly cpu?: string | undefined;

  /**
   * PCI and USB devices of the host for the exclusive use of the guest.
   *
   * @default []
   * @example [{ bus: "pci", path: "0000:01:00.0" }]
   */
  readonly devices?: readonly Device[] | undefined;

  /**
   * Gives the guest a screen.
   *
   * @default false
   * @example { backend: "headless" }
   */
  readonly graphics?: boolean | Graphics | undefined;

  /**
   * Files of the host by the name of the systemd credential in the guest.
   *
   * @default {}
   * @example { API_KEY: "/run/secrets/api-key" }
   */
  readonly credentialFiles?: Readonly<Record<string, string>> | undefined;

  /**
   * The user of the host to which `qemu` switches after it started as root.
   *
   * @default none: the user of the service
   */
  readonly runAs?: string | undefined;

  /**
   * Limits of the VM's use of the host.
   *
   * @default {}
   * @example { cpuPercent: 400, ioWeight: 50 }
   */
  readonly limits?: Limits | undefined;

  /**
   * The kernel that the hypervisor starts; the guest's modules come from its `boot.kernelPackages`.
   *
   * @default the guest's `boot.kernelPackages.kernel`
   */
  readonly kernel?: Package | undefined;

  /**
   * Additional parameters of the kernel; Nix in them can read the guest's `config`.
   *
   * @default []
   * @example ["quiet"]
   */
  readonly kernelParams?: readonly NixText[] | undefined;

  /**
   * The UUID that the guest has as `/etc/machine-id` and in SMBIOS; null for one that microvm.nix derives from the name
   * at run time.
   *
   * @default one made of the VM's name
   */
  readonly machineId?: string | null | undefined;

  /**
   * The VM's vsock, by which the guest reports that it is up; false for none.
   *
   * @default { ssh: false }
   */
  readonly vsock?: Vsock | false | undefined;

  /**
   * Other options of microvm.nix, by their names there.
   *
   * @default {}
   * @example { "cloud-hypervisor": { extraArgs: ["--pvpanic"] } }
   */
  readonly microvm?: MicrovmOptions | undefined;
}

/** A VM's socket to its host. */
export interface Vsock {
  /**
   * The guest's context id, at least 3 and unique on the host.
   *
   * @default the VM's index + 3
   */
  readonly cid?: number | undefined;

  /**
   * Accepts SSH over the vsock, without any network: `microvm -s NAME` on the host.
   *
   * @default false
   */
  readonly ssh?: boolean | undefined;
}

export const vmMachineShape = {
  hypervisor: z.enum(hypervisors).default("cloud-hypervisor"),
  vcpu: z.int().positive().default(8),
  memoryMiB: z.int().positive().default(4096),
  socket: scalar.socketPath.nullable().default("control.socket"),
  balloon: z.union([z.boolean(), balloonSchema]).default(false),
  hotplug: hotplugSchema.optional(),
  hugepages: z.boolean().default(false),
  cpu: scalar.line.optional(),
  devices: z.array(deviceSchema).default([]),
  graphics: z.union([z.boolean(), graphicsSchema]).default(false),
  credentialFiles: record(scalar.fileName, scalar.hostPath).default({}),
  runAs: scalar.accountName.optional(),
  limits: limitsSchema.default({}),
  kernel: packageSchema.optional(),
  kernelParams: z.array(nixTextSchema).default([]),
  machineId: scalar.machineId.nullable().optional(),
  vsock: z
    .union([object({ cid: z.int().optional(), ssh: z.boolean().default(false) }), z.literal(false)])
    .default({ ssh: false }),
  microvm: microvmSchema.default({}),
};
