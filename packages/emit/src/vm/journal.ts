import { attachHere, capture, commandOn, type Machine } from "./machine.js";
import { isRootOn } from "./machine.js";

/** Groups whose members may read the journal of the system (systemd-journald.service(8)). */
const readers = ["adm", "systemd-journal", "wheel"];

/** The command that reads the journal, with sudo if this user has no permission. */
export const asReader = async (
  machine: Machine,
  words: readonly [string, ...string[]],
): Promise<readonly [string, ...string[]]> => {
  if (await isRootOn(machine)) return words;
  const { stdout } = await capture(machine, ["id", "-Gn"]);
  return stdout
    .trim()
    .split(" ")
    .some((group) => readers.includes(group))
    ? words
    : ["sudo", "--", ...words];
};

/** Options of journalctl for the units of a VM. */
const unitsOf = (vm: string): readonly string[] => [
  ...["-u", `microvm@${vm}.service`],
  ...["-u", `microvm-*@${vm}.service`],
  ...["-u", "microvm-install.service"],
];

/** The last lines of a unit, or of all units of a VM. Empty if this user may not read them. */
export const lastLines = async (
  machine: Machine,
  of: { readonly unit: string } | { readonly vm: string },
  count: number,
): Promise<readonly string[]> => {
  const words = [
    "journalctl",
    "--no-pager",
    "--quiet",
    "--output=cat",
    `--lines=${String(count)}`,
    ...("vm" in of ? unitsOf(of.vm) : ["-u", of.unit]),
  ] as const;
  const { stdout } = await capture(machine, (await isRootOn(machine)) ? words : ["sudo", "-n", "--", ...words]);
  const lines = (stdout === "" ? (await capture(machine, words)).stdout : stdout).trimEnd();
  return lines === "" ? [] : lines.split("\n");
};

/**
 * Shows the journal of a VM: its hypervisor with the console of the guest, and its other units.
 *
 * @param show gets the text, which a guest can write
 * @returns the exit code of journalctl
 */
export const followJournal = async (
  machine: Machine,
  vm: string,
  { follow, lines }: { readonly follow: boolean; readonly lines: string },
  show: (name: "stdout" | "stderr", text: string) => void,
): Promise<number> => {
  const words = await asReader(machine, [
    ...(["journalctl", "--no-pager", "--output=short-iso", `--lines=${lines}`] as const),
    ...(follow ? ["--follow"] : []),
    ...unitsOf(vm),
  ]);
  return attachHere(commandOn(machine, words), show);
};
