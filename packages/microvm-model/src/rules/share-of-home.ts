import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** A VM is there so that an agent does not have all of its user's files: they are not shared whole, under whatever name. */
export const shareOfHome = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ shares, users: [{ name, homeDirectory }] }) =>
    shares
      .filter(({ source }) => homeDirectory === source || homeDirectory.startsWith(`${source}/`))
      .map(({ path, source }) =>
        error(
          "share-of-home",
          path,
          `${source} holds all of ${name}'s files`,
          "Share a folder below it, made for the VM, such as ~/microvm/data.",
        ),
      ),
  );
