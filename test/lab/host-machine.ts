/** A guest of the lab that acts as a NixOS host: its systemd runs the evaluated units. */
import type { Run } from "./agent.js";
import { emitFlake, evaluateHost } from "./evaluated.js";
import { bootGuest } from "./guest.js";
import { image } from "./image.js";
import { openNamespace } from "./namespace.js";
import { putWith } from "./put.js";

export interface HostMachine {
  readonly run: Run;
  /** Writes a file. */
  readonly put: (path: string, text: string, mode?: string) => Promise<string>;
  /**
   * Starts a unit.
   *
   * @throws Error with its journal if it fails
   */
  readonly start: (unit: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** The folder for units. */
export const UNITS = "/run/systemd/system";

/** @param folder for sockets and logs */
export const bootHostMachine = async (folder: string): Promise<HostMachine> => {
  const flake = emitFlake({
    hosts: {
      lab: {
        stateVersion: "25.11",
        modules: ["./configuration.nix"],
        user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
        vms: {
          machine: {
            hypervisor: "qemu",
            memoryMiB: 512,
            vcpu: 1,
            interfaces: [],
            workspace: false,
            sshHostKeys: false,
          },
        },
      },
    },
  });
  const [booted, { runners }, namespace] = await Promise.all([
    image(),
    evaluateHost(flake, "lab", false),
    openNamespace(),
  ]);
  const { machine: runner } = runners;
  if (runner === undefined) throw new Error("There is no machine.");
  const run = await bootGuest({ name: "machine", runner, image: booted, host: namespace, folder, initrd: "script" });
  return {
    run,
    put: putWith(run),
    start: (unit) =>
      run(`systemctl start ${unit} || { journalctl -n 30 --no-pager; systemctl status --no-pager ${unit}; exit 1; }`),
    close: () => namespace.close(),
  };
};
