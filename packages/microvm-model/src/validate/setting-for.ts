import { hostSettings, settingsOf, vmSettings } from "../catalogue/microvm-options.js";
import type { ConfigPath } from "../problems/problem.js";

/** The remedy for an option by name that has a setting: `memoryMiB` for `mem`. */
export const settingFor = (path: ConfigPath, key: string): string | undefined => {
  const below = path.indexOf("microvm", 2);
  if (path[0] !== "hosts" || below < 0) return undefined;
  const [settings, from] =
    (path[2] === "vms" && below === 4) || path[2] === "vmDefaults"
      ? [vmSettings, "the VM"]
      : [hostSettings, "the host"];
  const found = settingsOf(settings, [...path.slice(below + 1), key].join("."));
  return found.length === 0
    ? undefined
    : `Use ${found.map((setting) => `\`${setting}\``).join(", ")} of ${from} itself.`;
};
