/**
 * Boots two VMs of one host from one image, with the arguments of their evaluated runners and the evaluated network of
 * the host. Each VM must have its own identity and files, and its network policy.
 */
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config, NetworkPolicy, Vm } from "microvm-emit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Run } from "./agent.js";
import { emitFlake, evaluateHost, type Host, type Runner } from "./evaluated.js";
import { type Boot, bootGuest } from "./guest.js";
import { BEYOND, HOST_BEYOND, type HostNetwork, openHostNetwork } from "./host-network.js";
import { type Image, image, sha256 } from "./image.js";
import { tails } from "./log.js";
import { poll } from "./poll.js";
import { whatGuestsMiss } from "./requirements.js";
import { hostFile, sharesOf } from "./share.js";
import { rig } from "../nix/rig.js";

const missing = whatGuestsMiss();
if (missing !== undefined) console.error(`NOT TESTED: booted guests: ${missing}.`);
if (rig === undefined) console.error("NOT TESTED: booted guests on the modules of NixOS. Set MICROVM_EMIT_RIG.");

const GATEWAY = "192.168.83.1";
const NAMESERVER = "192.0.2.53";
const SERVER_PORT = 8080;

const NAMES = ["first", "second"] as const;
type Name = (typeof NAMES)[number];
const OTHER = { first: "second", second: "first" } as const;
const ADDRESS = { first: "192.168.83.2", second: "192.168.83.3" } as const;
const WORKSPACE = { first: "/home/alice/first", second: "/home/alice/second" } as const;
const HOST_KEYS = "/etc/ssh/host-keys";

const vm = (name: Name): Vm => ({
  hypervisor: "qemu",
  memoryMiB: 512,
  vcpu: 1,
  workspace: `~/${name}`,
  nameservers: [NAMESERVER],
});

const configOf = (network: NetworkPolicy): Config => ({
  hosts: {
    lab: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1 alice@lab"],
      },
      bridges: { microbr: { address: `${GATEWAY}/24`, nat: { externalInterface: "eno1" }, network } },
      vms: { first: { ...vm("first"), environment: { PROJECT: "first things" } }, second: vm("second") },
    },
  },
});

/** A server that sends a text to each client, even if the client disconnects. */
const serverOf = (address: string, said: string): string =>
  `require("net").createServer((socket) => socket.on("error", () => {}).end(${said})).listen(${SERVER_PORT}, "${address}")`;
/** Answers with the source address of a connection. */
const SERVER = serverOf(BEYOND, "socket.remoteAddress");
const HOST_SERVER = serverOf("0.0.0.0", '"the host"');

describe.skipIf(missing !== undefined)("two VMs of one image", () => {
  let folder: string;
  let booted: Image;
  let evaluated: Host;
  let network: HostNetwork | undefined;
  let guests: Readonly<Record<Name, Run>>;
  const hostKeys = new Map<Name, string>();

  const runnerOf = (name: Name): Runner => {
    const runner = evaluated.runners[name];
    if (runner === undefined) throw new Error(`There is no VM ${name}.`);
    return runner;
  };
  const shareAt = (name: Name, mountPoint: string): string => {
    const share = sharesOf(runnerOf(name)).find((one) => one.mountPoint === mountPoint);
    if (share === undefined) throw new Error(`${name} has no share at ${mountPoint}.`);
    return hostFile(folder, share.source);
  };

  /** Creates the folders of a VM as the host does: SSH host keys, and a workspace of the user. */
  const prepare = (name: Name): void => {
    const [keys, workspace] = [shareAt(name, HOST_KEYS), shareAt(name, WORKSPACE[name])];
    for (const made of [keys, workspace]) mkdirSync(made, { recursive: true });
    const key = join(keys, "ssh_host_ed25519_key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    hostKeys.set(name, readFileSync(`${key}.pub`, "utf8").split(" ").slice(0, 2).join(" "));
    writeFileSync(join(workspace, "from-host"), `for ${name}\n`);
    chownSync(workspace, 1000, 1000);
  };

  beforeAll(async () => {
    // The path must be short, because it contains sockets, and must not be in a folder that the lab mounts over.
    folder = mkdtempSync("/tmp/microvm-emit-lab-");
    [booted, evaluated] = await Promise.all([
      image(),
      evaluateHost(emitFlake(configOf("open")), "lab", rig !== undefined),
    ]);
    NAMES.forEach(prepare);
    network = await openHostNetwork(evaluated, folder);
    const { host, beyond } = network;
    await beyond.serve([`:${String(SERVER_PORT)}`], join(folder, "server.log"), process.execPath, "-e", SERVER);
    await host.serve([`:${String(SERVER_PORT)}`], join(folder, "host-server.log"), process.execPath, "-e", HOST_SERVER);
    const boot = (name: Name, initrd: Boot["initrd"]): Promise<Run> =>
      bootGuest({ name, runner: runnerOf(name), image: booted, host, folder, initrd });
    const [first, second] = await Promise.all([boot("first", "script"), boot("second", "systemd")]);
    guests = { first, second };
  }, 600_000);

  afterAll(async () => {
    await network?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      console.error(tails(folder));
    });
  });

  it("share one guest, which is evaluated once", () => {
    const [first, second] = NAMES.map((name) => runnerOf(name).kernelParams.find((one) => one.startsWith("init=")));
    expect(first).toMatch(/^init=/);
    expect(second).toBe(first);
  });

  describe.each(NAMES)("%s", (name) => {
    const run = (command: string): Promise<string> => guests[name](command);
    const linesOf = async (command: string): Promise<readonly string[]> => (await run(command)).split("\n");

    it("started without a failed unit", async () => {
      expect(await run("systemctl list-units --failed --plain --no-legend")).toBe("");
    });

    it("has its own host name and machine id", async () => {
      const machineId = runnerOf(name).machineId.replaceAll("-", "");
      expect(await linesOf("cat /proc/sys/kernel/hostname /etc/machine-id")).toEqual([name, machineId]);
    });

    it("has its own address, interface, gateway and DNS server", async () => {
      const state = "/run/systemd/netif/links/*";
      await poll(`the address of ${name}`, 100, async () =>
        (await run(`cat ${state}`)).includes("OPER_STATE=routable") ? true : undefined,
      );
      const card = `$(ip -o -4 address show scope global | awk '{ print $2 }')`;
      expect(await run(`cat /sys/class/net/${card}/address`)).toBe(runnerOf(name).interfaces[0]?.mac);
      expect(await run("ip -o -4 address show scope global | awk '{ print $4 }'")).toBe(`${ADDRESS[name]}/24`);
      expect(await run("ip route show default | awk '{ print $3 }'")).toBe(GATEWAY);
      expect(await run(`sed -n 's/^DNS=//p' ${state}`)).toBe(NAMESERVER);
    });

    it("has its own workspace, writable by VM and host", async () => {
      const workspace = WORKSPACE[name];
      expect(await run(`cat ${workspace}/from-host`)).toBe(`for ${name}`);
      await run(`setpriv --reuid=1000 --regid=1000 --clear-groups sh -c 'echo from ${name} >${workspace}/from-guest'`);
      const written = join(shareAt(name, workspace), "from-guest");
      expect(readFileSync(written, "utf8")).toBe(`from ${name}\n`);
      expect(statSync(written).uid).toBe(1000);
      expect(await run(`ls ${dirname(workspace)}`)).toBe(name);
    });

    it("mounted each share before the first service that can need it, and none in the initrd", async () => {
      const since = async (unit: string): Promise<number> =>
        Number(await run(`systemctl show --value --property=ActiveEnterTimestampMonotonic ${unit}`));
      const localFs = await since("local-fs.target");
      const sshStarted = Number(await run("systemctl show --value --property=ExecMainStartTimestampMonotonic ssh"));
      expect(localFs).toBeLessThan(sshStarted);
      for (const { tag, mountPoint } of sharesOf(runnerOf(name))) {
        expect(await run(`awk '$2 == "${mountPoint}" { print $1, $3 }' /proc/mounts`)).toBe(`${tag} virtiofs`);
        const mounted = await since(`$(systemd-escape --path --suffix=mount ${mountPoint})`);
        expect(mounted).toBeGreaterThan(0);
        expect(mounted).toBeLessThanOrEqual(localFs);
      }
      // An initrd with systemd logs its mounts below /sysroot; a script does not log them.
      const inInitrd = await run("dmesg | sed -n 's/.*Mounted \\(sysroot[^ ]*\\) .*/\\1/p'");
      expect(inInitrd).toBe(name === "second" ? "sysroot.mount" : "");
    });

    it("has its own environment file, and no file without an environment", async () => {
      const file = "/run/vm-environment";
      if (name === "second") {
        await expect(run(`cat ${file}`)).rejects.toThrow(/No such file/);
      } else {
        expect(await run(`. ${file}; echo "$PROJECT"`)).toBe("first things");
        expect(await run(`stat -c '%a %U' ${file}`)).toBe("444 root");
      }
    });

    it("uses the SSH host key of the host, and cannot replace it", async () => {
      const shown = await network?.host.run("ssh-keyscan", "-t", "ed25519", "-T", "20", ADDRESS[name]);
      expect(shown?.trim()).toBe(`${ADDRESS[name]} ${String(hostKeys.get(name))}`);
      await expect(run(`touch ${HOST_KEYS}/planted`)).rejects.toThrow(/Read-only file system/);
    });

    it("reaches the gateway, the other VM and, with the address of the host, an external server", async () => {
      const other = ADDRESS[OTHER[name]];
      for (const address of [GATEWAY, other]) {
        await poll(`an answer of ${address}`, 100, () =>
          run(`ping -q -c 1 -W 5 ${address}`).then(
            () => true,
            () => undefined,
          ),
        );
      }
      expect(await run(`exec 3<>/dev/tcp/${other}/22; head -c 8 <&3`)).toBe("SSH-2.0-");
      expect(await run(`cat </dev/tcp/${BEYOND}/${SERVER_PORT}`)).toBe(HOST_BEYOND);
    });
  });

  describe("after their host switches to another policy", () => {
    const [{ first: own, second: other }, run] = [ADDRESS, (command: string) => guests.first(command)];
    const reaches = (command: string): Promise<boolean> =>
      run(command).then(
        () => true,
        () => false,
      );
    const pings = (address: string): Promise<boolean> => reaches(`ping -q -c 2 -W 3 ${address}`);
    const connects = (address: string, port: number): Promise<boolean> =>
      reaches(`timeout 5 bash -c '</dev/tcp/${address}/${String(port)}'`);
    const everything = async (): Promise<Readonly<Record<string, boolean>>> => ({
      gateway: await pings(GATEWAY),
      beyond: await connects(BEYOND, SERVER_PORT),
      "a port of the host": await connects(GATEWAY, SERVER_PORT),
      "the other VM": await pings(other),
      "the other VM's SSH": await connects(other, 22),
    });

    it("reach only the internet and the gateway", async () => {
      expect(Object.values(await everything())).toEqual([true, true, true, true, true]);
      const { policy } = await evaluateHost(emitFlake(configOf("internet")), "lab", rig !== undefined);
      const rules = join(folder, "policy.nft");
      writeFileSync(rules, policy.rules);
      await network?.host.run("nft", "-f", rules);
      expect(await everything()).toEqual({
        gateway: true,
        beyond: true,
        "a port of the host": false,
        "the other VM": false,
        "the other VM's SSH": false,
      });
    });

    it("cannot use another IP or MAC address, even as root in the guest", async () => {
      const card = await run("ip -o -4 address show scope global | awk '{ print $2; exit }'");
      const { mac } = runnerOf("first").interfaces[0] ?? { mac: "" };
      const { mac: macOfOther } = runnerOf("second").interfaces[0] ?? { mac: "" };
      expect(await reaches(`ping -q -c 2 -W 3 -I ${own} ${GATEWAY}`)).toBe(true);
      for (const address of [other, "192.168.83.77"]) {
        await run(`ip address add ${address}/24 dev ${card}`);
        expect(await reaches(`ping -q -c 2 -W 3 -I ${address} ${GATEWAY}`)).toBe(false);
        await run(`ip address del ${address}/24 dev ${card}`);
      }
      for (const taken of [macOfOther, "02:00:00:00:00:77"]) {
        await run(`ip link set ${card} address ${taken}`);
        expect(await pings(GATEWAY)).toBe(false);
      }
      await run(`ip link set ${card} address ${mac}`);
      await poll("the gateway again", 100, async () => ((await pings(GATEWAY)) ? true : undefined));
    });
  });

  it("did not change the image", async () => {
    expect(await sha256(booted.root)).toBe(booted.rootSha256);
  });
});
