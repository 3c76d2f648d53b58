import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NixText, nixTextSchema, object, type Package, packageSchema, record } from "../scalars/terms.js";

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

export const qemuSchema = object({
  package: packageSchema.optional(),
  extraArgs: z.array(nixTextSchema).optional(),
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
});
