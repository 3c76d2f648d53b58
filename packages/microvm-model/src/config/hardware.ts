import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NixText, nixTextSchema, object, type Package, packageSchema } from "../scalars/terms.js";

/** Memory that a running guest returns to its host. */
export interface Balloon {
  /**
   * The size of the balloon at the start, in MiB (1024 MiB = 1 GiB); `cloud-hypervisor` only.
   *
   * @default 0
   */
  readonly initialMiB?: number | undefined;

  /**
   * Returns the memory to a guest that runs out of it.
   *
   * @default true
   */
  readonly deflateOnOOM?: boolean | undefined;
}

/** Memory that can be added to a running guest (virtio-mem). */
export interface Hotplug {
  /** The maximum, in MiB (1024 MiB = 1 GiB); with `cloud-hypervisor` at least the VM's `memoryMiB`. */
  readonly maxMiB: number;

  /**
   * The size at the start, in MiB.
   *
   * @default `maxMiB`
   */
  readonly initialMiB?: number | undefined;
}

/** A host device for the exclusive use of a guest. */
export interface Device {
  /** The bus on the host; USB works with `qemu` and `stratovirt` only. */
  readonly bus: "pci" | "usb";

  /**
   * The device: a PCI address as in the output of `lspci -D`, or for USB the properties of QEMU's `usb-host`.
   *
   * @example "0000:01:00.0"
   * @example "vendorid=0x046d,productid=0xc52b"
   */
  readonly path: string;

  /**
   * Settings for PCI devices with `qemu`.
   *
   * @default none
   */
  readonly qemu?: QemuDevice | undefined;
}

/** A PCI device in a guest of `qemu`. */
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
   * Additional properties, appended to `-device vfio-pci,`.
   *
   * @default none
   * @example "x-igd-opregion=on"
   */
  readonly deviceExtraArgs?: string | undefined;
}

/** A screen for a guest. */
export interface Graphics {
  /**
   * The display of `qemu`: a window, which needs a graphical session instead of a service, or none (`headless`).
   *
   * @default "gtk"
   */
  readonly backend?: "gtk" | "cocoa" | "headless" | undefined;

  /**
   * The package of crosvm, which renders the graphics of a `cloud-hypervisor` guest.
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
   * The name of the renderer's socket, in the VM's folder.
   *
   * @default `NAME-gpu.sock`
   */
  readonly socket?: string | undefined;

  /**
   * The Vulkan transport of `qemu`.
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
   * Flags of the program that creates it, `mkfs.erofs` or `gensquashfs`.
   *
   * @default compression, by microvm.nix
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
