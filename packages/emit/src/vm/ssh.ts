import { existsSync, renameSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Failed } from "../report/failure.js";
import { isVmName } from "./facts.js";
import type { FoundVm } from "./find.js";
import { capture, captureHere, type Machine, optionPath, sharedConnection } from "./machine.js";
import { runtimeFolder } from "./runtime-folder.js";
import { shellLine } from "./shell-words.js";

/** The folder of the host with a known-hosts file for each VM (`vm/state/create.py` of the emitted modules). */
const knownHosts = "/run/microvm-known-hosts";

/** A known-hosts file with the key that the host made for a VM. */
const knownHostsOf = async ({ name, host, facts }: FoundVm): Promise<string> => {
  const published = `${knownHosts}/${name}`;
  if (host.machine.destination === null && existsSync(published)) return published;
  const key =
    (await publicKeyIn(host.machine, published)) ??
    (facts?.sshHostKeys == null
      ? undefined
      : await publicKeyIn(host.machine, `${facts.sshHostKeys}/ssh_host_ed25519_key.pub`));
  if (key === undefined)
    throw new Failed({
      kind: "host-key-unknown",
      vm: name,
      host: host.machine.name,
      isKept: facts === undefined || facts.sshHostKeys !== null,
    });
  const hash = createHash("sha256")
    .update(`${host.machine.destination ?? ""}\0${name}`)
    .digest("hex");
  const file = join(runtimeFolder(), `${hash.slice(0, 16)}.known-hosts`);
  // Another command may read the file at the same time.
  const unfinished = `${file}.${String(process.pid)}`;
  writeFileSync(unfinished, `${name} ${key}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
  return file;
};

const publicKeyIn = async (machine: Machine, file: string): Promise<string | undefined> => {
  const { stdout } = await capture(machine, ["cat", file]);
  return /(?:^|\s)(ssh-ed25519 [A-Za-z0-9+/]{68}={0,2})(?:\s|$)/.exec(stdout)?.[1];
};

/** The options that ssh and scp need to reach a VM safely. The destination is the name of the VM. */
export const guestOptions = async (vm: FoundVm): Promise<readonly string[]> => {
  const { name, host, facts } = vm;
  const [address] = facts?.addresses ?? [];
  if (address === undefined || !isVmName(name))
    throw new Failed({ kind: "vm-without-address", vm: name, host: host.machine.name });
  const options = [
    `HostName=${address}`,
    ...(facts?.user == null ? [] : [`User=${facts.user}`]),
    `HostKeyAlias=${name}`,
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${optionPath(await knownHostsOf(vm))}`,
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    // The guest could use the keys and the screen of this machine.
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    // The path of the command line overrides the user's configuration.
    `ProxyCommand=${proxyTo(host.machine)}`,
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
  ];
  return [...options.flatMap((option) => ["-o", option]), ...sharedConnection()];
};

/** The keys stay on this machine: the host of the VM only forwards bytes. */
const proxyTo = ({ destination }: Machine): string =>
  destination === null
    ? "none"
    : [["ssh", ...sharedConnection(), "-W"], "'[%h]:%p'", ["--", destination]]
        .map((part) => (typeof part === "string" ? part : shellLine(part).replaceAll("%", "%%")))
        .join(" ");

/** The command that runs a line of a shell in a VM, or a login shell. */
export const sshTo = async (
  vm: FoundVm,
  line: string | undefined,
  terminal: "-t" | "-T" | undefined,
): Promise<readonly [string, ...string[]]> => [
  "ssh",
  ...(await guestOptions(vm)),
  ...(terminal === undefined ? [] : [terminal]),
  "--",
  vm.name,
  ...(line === undefined ? [] : [line]),
];

/** Closes the shared connection to a VM, which would hang after its end. */
export const disconnect = async (vm: FoundVm): Promise<void> => {
  try {
    const [program, ...args] = await sshTo(vm, undefined, undefined);
    await captureHere([program, "-O", "exit", ...args]);
  } catch {
    // Without an address or a key, there was no connection.
  }
};
