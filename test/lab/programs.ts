import type { ServiceConfig } from "../nix/unit-file.js";

/** Paths of programs from Nix and the flake on the machine. */
export const withPrograms = (unit: ServiceConfig): ServiceConfig =>
  JSON.parse(
    JSON.stringify(unit)
      .replaceAll(/\/[^\s"]*\/[a-z0-9]{32}-[^\s"/]+\/bin\//g, "/usr/bin/")
      .replaceAll(/\/[^\s"]*\/((create|install|retire)\.py|image\.sh)/g, "/run/lab/$1")
      .replaceAll(/\/[^\s"]*-image\.sh/g, "/run/lab/image.sh"),
  ) as ServiceConfig;
