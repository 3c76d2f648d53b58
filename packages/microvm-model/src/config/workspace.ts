import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { object } from "../scalars/terms.js";

/** The working folder of an agent, and the way in which its work reaches the user. */
export interface Workspace {
  /**
   * With `git`, your clone of the repository, on the machine where you run `microvm-emit push` and `fetch`; the VM
   * cannot see it. With `share`, the folder of the host to share.
   *
   * @default for `git`: the clone in which you run the commands. For `share`: `~/microvm/NAME`
   * @example "~/src/project"
   */
  readonly repo?: string | undefined;

  /**
   * The absolute path in the guest.
   *
   * @default `/workspace` for `git`, the path of the shared folder for `share`
   * @example "/workspace"
   */
  readonly mountPoint?: string | undefined;

  /**
   * How files enter and leave the VM. `git`: a repository on a disk of the VM, over `microvm-emit push` and `fetch`.
   * `share`: a folder of the host that the guest can write, where Git, prompts and editors of the host run the agent's
   * programs.
   *
   * @default `git` with `repo`, else `share`
   */
  readonly transport?: "git" | "share" | undefined;
}

export const workspaceSchema = object({
  repo: scalar.clonePath.optional(),
  mountPoint: scalar.guestPath.optional(),
  transport: z.enum(["git", "share"]).optional(),
});
