import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** QEMU's names of firmware files end at 55 bytes, of which systemd's prefix takes 27 (fw_cfg.h FW_CFG_MAX_FILE_PATH). */
const longestCredential = 55 - "opt/io.systemd.credentials/".length;

/** Root of the host reads secrets by their path, so no guest may choose what is there, and none may lie open. */
export const secret = (host: HostPlan): readonly Problem[] => {
  const writable = host.vms.flatMap((vm) =>
    vm.shares.filter(({ readOnly }) => !readOnly).map((share) => ({ ...share, vm: vm.name })),
  );
  return host.vms.flatMap(({ secrets }) =>
    secrets.flatMap(({ path, name, file, by }): readonly Problem[] => {
      const outer = typeof file === "string" ? writable.find(({ source }) => file.startsWith(`${source}/`)) : undefined;
      return [
        ...(by === "credential" && name.length > longestCredential
          ? [
              error(
                "secret-name-too-long",
                path,
                `QEMU takes names of up to ${String(longestCredential)} characters, and ${name} has ${String(name.length)}`,
                "Choose a shorter name, and set the `variable` where the long one is needed.",
              ),
            ]
          : []),
        ...(typeof file === "string" && file.startsWith("/nix/store/")
          ? [
              error(
                "secret-in-store",
                path,
                `${file} lies in the Nix store, which everyone may read`,
                "Put the file where only root can read it, such as a path of sops-nix or agenix below /run.",
              ),
            ]
          : []),
        ...(outer === undefined || typeof file !== "string"
          ? []
          : [
              error(
                "secret-in-writable-share",
                path,
                `${file} lies in ${outer.source}, where ${outer.vm} could put a link to any other file of the host in its place`,
                "Keep the secret outside of every share.",
                [{ path: outer.path, note: "the share it lies in" }],
              ),
            ]),
      ];
    }),
  );
};
