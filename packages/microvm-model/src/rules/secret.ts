import { placesOf } from "../common/as-mounted.js";
import type { ConfigSource } from "./config-source.js";
import type { HostPlan, SecretPlan, VmPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/** QEMU's names of firmware files end at 55 bytes, of which systemd's prefix takes 27 (fw_cfg.h FW_CFG_MAX_FILE_PATH). */
const longestCredential = 55 - "opt/io.systemd.credentials/".length;

/** Credential files are read by their path as secrets are, by QEMU instead of root. */
const credentialsOf = ({ path, machine: { credentialFiles } }: VmPlan): readonly SecretPlan[] =>
  Object.entries(credentialFiles).map(([name, file]) => ({
    path: [...path, "credentialFiles", name],
    name,
    file,
    variable: null,
    by: "credential",
  }));

/** Root of the host reads secrets by their path, so no guest may choose what is there, and none may lie open. */
export const secret = (host: HostPlan, { realPath }: ConfigSource): readonly Problem[] => {
  const places = (path: string): readonly string[] => placesOf(path, realPath);
  const writable = writableFolders(host.vms, places);
  return host.vms.flatMap((vm) =>
    [...vm.secrets, ...credentialsOf(vm)].flatMap(({ path, name, file, by }): readonly Problem[] => {
      const outer = typeof file === "string" ? places(file).flatMap(writable.around)[0] : undefined;
      return [
        ...(by === "credential" && name.length > longestCredential
          ? [
              error(
                "secret-name-too-long",
                path,
                `QEMU takes names of up to ${String(longestCredential)} characters, and ${name} has ${String(name.length)}`,
                "Choose a shorter name; a secret's `variable` may be longer.",
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
                `${file} lies in ${outer.share.source}, where ${outer.vm} could put a link to any other file of the host in its place`,
                "Keep the secret outside of every share.",
                [{ path: outer.share.path, note: "the share it lies in" }],
              ),
            ]),
      ];
    }),
  );
};
