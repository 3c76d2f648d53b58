import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { object } from "../scalars/terms.js";
import { vmIndex } from "../scalars/vm-index.js";
import { type Silences, silenceSchema } from "./silence.js";
import { type VmAgent, vmAgentShape } from "./vm-agent.js";
import { type VmGuest, vmGuestShape } from "./vm-guest.js";
import { type VmMachine, vmMachineShape } from "./vm-machine.js";
import { type VmNetwork, vmNetworkShape } from "./vm-network.js";
import { type VmStorage, vmStorageShape } from "./vm-storage.js";

/** A virtual machine. Every setting has a default, so `{}` is a VM that runs. */
export interface Vm extends VmMachine, VmNetwork, VmStorage, VmAgent, VmGuest {
  /**
   * The number behind the VM's tap, MAC, IPv4 address and vsock CID: index 4 is tap `microvm4`, MAC
   * `02:00:00:00:00:05`, the subnet's address 6 and CID 7.
   *
   * @default the next free one, kept in the lock file
   */
  readonly index?: number | undefined;

  /**
   * The VM's former name: the VM keeps its index, and so its tap, MAC, address and CID. The next switch of the host
   * stops the VM under its former name, and renames its folders: disks, host key, workspace and agent's state. The
   * setting may stay after the rename.
   *
   * @example "old"
   * @default none
   */
  readonly renamedFrom?: string | undefined;

  /**
   * Starts the VM with the host.
   *
   * @default false
   */
  readonly autostart?: boolean | undefined;

  /**
   * Restarts the VM on a switch of the host that changes its configuration; off by default, because it would end a
   * running agent.
   *
   * @default false
   */
  readonly restartIfChanged?: boolean | undefined;

  /**
   * Warnings to silence here, by code, each with a reason.
   *
   * @default {}
   * @example { "label-without-creation": "the image has its label already" }
   */
  readonly silence?: Silences | undefined;
}

/** The settings that VMs can share: all settings of a VM except `index`, `renamedFrom` and `silence`. */
export type VmDefaults = Omit<Vm, "index" | "renamedFrom" | "silence">;

export const vmSchema = object({
  index: vmIndex.optional(),
  renamedFrom: scalar.hostLabel.optional(),
  autostart: z.boolean().default(false),
  restartIfChanged: z.boolean().default(false),
  ...vmMachineShape,
  ...vmNetworkShape,
  ...vmStorageShape,
  ...vmAgentShape,
  ...vmGuestShape,
  silence: silenceSchema().default({}),
});

const { index: _index, renamedFrom: _renamedFrom, silence: _silence, ...shared } = vmSchema.shape;

/** Checked at `vmDefaults` too, because a host may have no VM yet. */
export const vmDefaultsSchema = object(shared);
