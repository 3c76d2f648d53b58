import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NixText, nixTextSchema, object, type Package, packageSchema } from "../scalars/terms.js";

/** Memory that a guest gives back to its host while it runs. */
export interface Balloon {
  /**
   * How much of the guest's memory the balloon holds at the start, in MiB (1024 MiB = 1 GiB); `cloud-hypervisor` only.
   *
   * @default 0
   */
  readonly initialMiB?: number | undefined;

  /**
   * Whether the guest has memory back when it runs out.
   *
   * @default true
   */
  readonly deflateOnOOM?: boolean | undefined;
}

/** Memory that a guest can be given while it runs (virtio-mem). */
export interface Hotplug {
  /** The most there can be, in MiB (1024 MiB = 1 GiB); with `cloud-hypervisor` at least the VM's `memoryMiB`. */
  readonly maxMiB: number;

  /**
   * How much of it there is at the start, in MiB.
   *
   * @default `maxMiB`
   */
  readonly initialMiB?: number | undefined;
}

/** A device of the host that a guest has for itself. */
export interface Device {
  /** The bus that the host has it on; USB works with `qemu` and `stratovirt` only. */
  readonly bus: "pci" | "usb";

  /**
   * The device: for PCI its address as `lspci -D` shows it, for USB what QEMU's `usb-host` takes.
   *
   * @example "0000:01:00.0"
   * @example "vendorid=0x046d,productid=0xc52b"
   */
  readonly path: string;

  /**
   * What `qemu` alone takes, for PCI devices.
   *
   * @default none
   */
  readonly qemu?: QemuDevice | undefined;
}

/** A PCI device as `qemu` shows it to a guest. */
export interface QemuDevice {
  /**
   * The name of the device.
   *
   * @default QEMU's choice
   */
  readonly id?: string | undefined;

  /**
   * The bus of the guest, such as the name of one of `microvm.qemu.pcieRootPorts`.
   *
   * @default QEMU's choice
   */
  readonly bus?: string | undefined;

  /**
   * Further properties, as they follow `-device vfio-pci,`.
   *
   * @default none
   * @example "x-igd-opregion=on"
   */
  readonly deviceExtraArgs?: string | undefined;
}

/** A screen for a guest. */
export interface Graphics {
  /**
   * Where `qemu` shows it: in a window, which needs a session and no service, or nowhere (`headless`).
   *
   * @default "gtk"
   */
  readonly backend?: "gtk" | "cocoa" | "headless" | undefined;

  /**
   * The crosvm that draws for `cloud-hypervisor`.
   *
   * @default the one in nixpkgs
   */
  readonly crosvmPackage?: Package | undefined;

  /**
   * The window of host memory that `qemu` gives to a graphics card with Vulkan, in MiB (1024 MiB = 1 GiB).
   *
   * @default 256
   */
  readonly hostMemoryMiB?: number | undefined;

  /**
   * The name of the socket to what draws, in the VM's folder.
   *
   * @default `NAME-gpu.sock`
   */
  readonly socket?: string | undefined;

  /**
   * How `qemu` brings Vulkan to the guest.
   *
   * @default none: no Vulkan
   */
  readonly vulkan?: "venus" | "drm_native_context" | undefined;
}

/** An image with the guest's part of the store. */
export interface StoreDisk {
  /** Its file system. */
  readonly disk: "erofs" | "squashfs";

  /**
   * The flags of the program that makes it, `mkfs.erofs` or `gensquashfs`.
   *
   * @default microvm.nix's choice, which compresses
   * @example ["-zlz4hc,12"]
   */
  readonly flags?: readonly NixText[] | undefined;
}

const mebibytes = z.int().min(0);

export const balloonSchema = object({
  initialMiB: mebibytes.default(0),
  deflateOnOOM: z.boolean().default(true),
});

export const hotplugSchema = object({ maxMiB: z.int().positive(), initialMiB: mebibytes.optional() });

export const deviceSchema = object({
  bus: z.enum(["pci", "usb"]),
  path: scalar.devicePath,
  qemu: object({
    id: scalar.devicePath.optional(),
    bus: scalar.devicePath.optional(),
    deviceExtraArgs: scalar.devicePath.optional(),
  }).optional(),
});

export const graphicsSchema = object({
  backend: z.enum(["gtk", "cocoa", "headless"]).default("gtk"),
  crosvmPackage: packageSchema.optional(),
  hostMemoryMiB: z.int().positive().default(256),
  socket: scalar.socketPath.optional(),
  vulkan: z.enum(["venus", "drm_native_context"]).optional(),
});

export const storeDiskSchema = object({
  disk: z.enum(["erofs", "squashfs"]),
  flags: z.array(nixTextSchema).optional(),
});
