/** Changes of a host while a VM runs: switches of its configuration, garbage collection, and a power failure during a start. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Vm } from "microvm-emit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { file, flakeOf, labOf, machine, SYSTEM } from "./configs.js";
import { build, openStore, type Store } from "./debian.js";
import { type Guest, hostKeys, makeKey, putKey, startGuest } from "./guest.js";
import { bootHost, type Host } from "./host.js";
import { SERVERS } from "./outside.js";
import { whatNixosMisses } from "./requirements.js";

const missing = whatNixosMisses();
if (missing !== undefined) console.error(`NOT TESTED: changes of a booted NixOS, because ${missing}.`);

const WORKER = "192.168.83.2";
const worker: Vm = { ...machine, index: 0, network: "internet" };
const other: Vm = { ...machine, index: 1 };

/** Makes a flake use the library as it was before root owned the folders of VMs. */
const withOldLibrary = (flake: string): string => {
  for (const [name, text] of Object.entries({ "install.nix": file("old-install.nix"), "ownership.nix": "{ }\n" })) {
    const replaced = join(flake, "microvm-emit/vm", name);
    if (!existsSync(replaced)) throw new Error(`${replaced} does not exist.`);
    writeFileSync(replaced, text);
  }
  return flake;
};

describe.skipIf(missing !== undefined)("a host that changes while a VM runs", () => {
  const key = makeKey();
  /** Systems of the host by the change that they make. */
  const flakes = {
    before: () => withOldLibrary(flakeOf(labOf(key.publicKey, { worker }))),
    upgraded: () => flakeOf(labOf(key.publicKey, { worker })),
    changed: () => flakeOf(labOf(key.publicKey, { worker: { ...worker, packages: ["git"], memoryMiB: 1100 }, other })),
    tightened: () => flakeOf(labOf(key.publicKey, { worker: { ...worker, network: "none" }, other })),
    removed: () => flakeOf(labOf(key.publicKey, { other })),
  };
  const systems = {} as Record<keyof typeof flakes, string>;
  let store: Store;
  let host: Host;
  let guest: Guest;

  beforeAll(async () => {
    store = await openStore();
    for (const [name, flake] of Object.entries(flakes))
      [systems[name as keyof typeof flakes] = ""] = await build(store, flake(), [SYSTEM]);
    host = await bootHost(store, systems.before);
    await putKey(host, key);
    // These systems are the host's only later, so garbage collection would delete them.
    for (const name of ["upgraded", "removed"] as const)
      await host.run(`ln -s ${systems[name]} /nix/var/nix/gcroots/${name}`);
    guest = await startGuest(host, "worker", WORKER);
  });
  afterAll(() => (host as Host | undefined)?.kill());

  const switchTo = async (name: keyof typeof flakes): Promise<void> => {
    const profile = `nix-env --profile /nix/var/nix/profiles/system --set ${systems[name]}`;
    await host.run(`${profile}; ${systems[name]}/bin/switch-to-configuration switch`);
  };
  const processOf = (name: string): Promise<string> =>
    host.run(`systemctl show --property=MainPID --value microvm@${name}`);
  const reaches = (address: string): Promise<string> =>
    guest.run(`timeout 60 bash -c '</dev/tcp/${address}/80' 2>/dev/null && echo yes || echo no`);

  it("keeps the VM when the library is upgraded, and takes over its folder", async () => {
    const links = "cd /var/lib/microvms; stat -c '%n %U:%G %a' . worker; stat -c '%n %U' worker/current worker/booted";
    expect((await host.run(links)).split("\n")).toEqual([
      ". microvm:kvm 775",
      "worker microvm:kvm 755",
      "worker/current microvm",
      "worker/booted microvm",
    ]);
    const before = await processOf("worker");
    await switchTo("upgraded");
    expect(await processOf("worker")).toBe(before);
    expect(await guest.run("hostname")).toBe("worker");
    expect((await host.run(links)).split("\n")).toEqual([
      ". root:root 755",
      "worker root:kvm 1775",
      "worker/current root",
      "worker/booted root",
    ]);
  });

  it("keeps a changed VM, which is then out of date, and installs an added one", async () => {
    const before = await processOf("worker");
    await switchTo("changed");
    expect(await processOf("worker")).toBe(before);
    const [current, booted] = (await host.run("cd /var/lib/microvms/worker; readlink current booted")).split("\n");
    expect(current).not.toBe(booted);
    expect(
      await host.run(
        "cd /var/lib/microvms; test -x other/current/bin/microvm-run && test ! -e other/booted && echo yes",
      ),
    ).toBe("yes");
    expect(await host.run("systemctl --failed --no-legend --plain")).toBe("");
  });

  it("enforces a stricter policy on the running VM", async () => {
    expect(await reaches(SERVERS.internet)).toBe("yes");
    const before = await processOf("worker");
    await switchTo("tightened");
    expect(await processOf("worker")).toBe(before);
    expect(await reaches(SERVERS.internet)).toBe("no");
  });

  it("keeps everything that the running VM needs during garbage collection", async () => {
    await host.run("nix-collect-garbage --delete-old 2>&1 | tail -n 1");
    const runner = await host.run("readlink /var/lib/microvms/worker/booted");
    expect(await host.run(`nix-store --check-validity ${runner} && echo valid`)).toBe("valid");
    await expect(host.run(`nix-store --check-validity ${systems.changed}`)).rejects.toThrow("not valid");
    // Programs that the VM has not read before.
    expect(await guest.run("find --version | head -n 1; systemd-analyze --version | head -n 1")).toMatch(
      /findutils.*\nsystemd/,
    );
  });

  it("stops a removed VM, and keeps its data", async () => {
    await switchTo("removed");
    expect(await processOf("worker")).toBe("0");
    const replies = "ping -c 1 -W 5 192.168.83.2 >/dev/null && echo yes || echo no";
    expect(await host.run(replies)).toBe("no");
    expect(await host.run("ls /var/lib/microvms/worker/var.img /home/alice/microvm")).toContain("worker");
  });

  it("starts the VM after a power failure in the middle of its start", async () => {
    await switchTo("upgraded");
    const fingerprint = `ssh-keygen -lf ${hostKeys("worker")}/ssh_host_ed25519_key.pub`;
    const before = await host.run(fingerprint);
    // A compromised hypervisor could leave this for a daemon that runs as root.
    const trap = "/var/lib/microvms/worker/worker-virtiofs-another.sock.pid";
    await host.run(`setpriv --reuid=microvm --regid=kvm --clear-groups ln -s /root/target ${trap}`);
    await host.run("systemctl start --no-block microvm@worker; sleep 1");
    await host.kill();
    host = await bootHost(store, systems.upgraded, { folder: host.folder });
    expect(await host.run("systemctl --failed --no-legend --plain")).toBe("");
    guest = await startGuest(host, "worker", WORKER);
    await expect(host.run(`test -L ${trap}`)).rejects.toThrow();
    expect(await host.run(fingerprint)).toBe(before);
    expect(await reaches(SERVERS.internet)).toBe("yes");
  });
});
