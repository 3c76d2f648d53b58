/**
 * Tests units of a host that depend on its kernel, which a container shares with others: rules of udev, messages of the
 * kernel and control groups.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { evalFlake, nixes, temporaryFolder } from "../nix/harness.js";
import { type ServiceConfig, unitFile } from "../nix/unit-file.js";
import { emitFlake } from "./evaluated.js";
import { bootHostMachine, type HostMachine, UNITS } from "./host-machine.js";
import { tails } from "./log.js";
import { configOf, DNS, GUEST, install, prepare } from "./policy-host.js";
import { withPrograms } from "./programs.js";
import { evaluatePolicyUnits } from "./policy-units.js";
import { whatGuestsMiss } from "./requirements.js";

const missing = whatGuestsMiss();
if (missing !== undefined) console.error(`NOT TESTED: units of a host with a kernel of its own: ${missing}.`);

const config = configOf(true, {
  limits: { cpuPercent: 250, memoryMiB: 6144, ioWeight: 20, tasks: 512 },
  workspace: "/srv/projects/a",
});

interface Settings {
  readonly limits: ServiceConfig;
  readonly virtiofsd: ServiceConfig;
  readonly slice: ServiceConfig;
}

const SETTINGS = `hosts:
  let
    inherit (hosts.lab.config) systemd;
  in
  {
    limits = hosts.lab.config.microvm-emit.dropIns.a.Service;
    virtiofsd = systemd.services."microvm-virtiofsd@".serviceConfig;
    slice = systemd.slices.microvm.sliceConfig;
  }`;

/** A service as in microvm.nix (nixos-modules/microvm/virtiofsd), which notifies systemd when virtiofsd is ready. */
const VIRTIOFSD = `#!/bin/bash
/usr/libexec/virtiofsd --socket-path=share.sock --socket-group=kvm --shared-dir=/srv/projects --rlimit-nofile 1048576 \\
  --posix-acl --xattr --inode-file-handles=prefer >log 2>&1 &
until grep -q Waiting log; do kill -0 $! || exit; sleep 0.1; done
{
  grep -E 'NoNewPrivs' /proc/self/status | tr -d '\\t'
  ls /sys/class/net
  stat -c '%G %F' share.sock
  # The root folder of the child process is the share.
  ls /proc/$(pgrep -P $!)/root/
} >served 2>&1
# Operations of virtiofsd with owners of the guest.
cd /srv/projects
touch made && chown 1000:1000 made && chmod 6755 made && mknod device c 1 3
systemd-notify --ready
wait
`;

/** Long enough for a busy machine without KVM. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

describe.skipIf(missing !== undefined)("with a kernel of its own", () => {
  const folder = temporaryFolder();
  let machine: HostMachine | undefined;
  let run: HostMachine["run"];
  let put: HostMachine["put"];
  let start: HostMachine["start"];
  let settings: Settings;

  /** Sends a datagram from the VM to each of the ports of the host. */
  const tryPorts = (ports: string): Promise<string> =>
    run(`ip netns exec a bash -c 'for port in ${ports}; do echo >/dev/udp/${DNS}/$port; done'`);
  const refusalOf = (port: number): RegExp =>
    new RegExp(`^microvm-emit: refused IN=br0 .*SRC=${GUEST} DST=${DNS} .*PROTO=UDP .*DPT=${String(port)} `);

  /** The log lines about refused packets during an action. */
  const refusals = async (act: () => Promise<void>): Promise<readonly string[]> => {
    await run("echo from here >/dev/kmsg");
    await act();
    await run("echo to here >/dev/kmsg");
    const last = `journalctl -k -q -o cat | tac | sed "/^from here$/q" | tac`;
    await run(`timeout 400 sh -c 'until ${last} | grep -q "^to here$"; do sleep 0.4; done'`);
    return (await run(last)).split("\n").filter((line) => line.startsWith("microvm-emit: refused"));
  };

  beforeAll(async () => {
    const [booted, units] = await Promise.all([bootHostMachine(folder), evaluatePolicyUnits(config, false)]);
    machine = booted;
    ({ run, put, start } = booted);
    // It has no host keys here, and would restart as long as the machine runs.
    await run("systemctl mask --runtime --now ssh.service");
    await prepare(booted);
    await install(booted, units);
    const [nix] = nixes();
    if (nix === undefined) throw new Error("There is no nix.");
    settings = (await evalFlake(`path:${emitFlake(config)}`, "nixosConfigurations", {
      nix,
      apply: SETTINGS,
    })) as Settings;
  });

  afterAll(() => machine?.close());

  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => {
      console.error(tails(folder));
      console.error(await run("journalctl -n 60 --no-pager").catch(String));
    });
  });

  it("bridges do not learn from link-local frames, independent of their creation time", async () => {
    const learned = (bridge: string): Promise<string> => run(`cat /sys/class/net/${bridge}/bridge/no_linklocal_learn`);
    await run("udevadm control --reload; ip link set dev br0 type bridge no_linklocal_learn 0");
    await run("systemctl restart microvm-policy");
    expect(await learned("br0")).toBe("1");
    await run("ip link add br1 type bridge; udevadm settle");
    expect(await learned("br1")).toBe("1");
    await run("ip link del br1");
  });

  it("the journal has each refused packet of a VM once, up to the hourly limit", async () => {
    await start("microvm-policy");
    await run("systemctl reload microvm-policy");
    const first = await refusals(async () => {
      await tryPorts("69 70 69");
    });
    expect(first).toEqual([expect.stringMatching(refusalOf(69)), expect.stringMatching(refusalOf(70))]);
    const more = await refusals(async () => {
      await tryPorts("$(seq 1000 1300)");
    });
    expect(more.length).toBeGreaterThanOrEqual(98);
    expect(more.length).toBeLessThan(110);
  });

  it("a VM has its limits", async () => {
    const limits = Object.fromEntries(Object.entries(settings.limits).filter(([name]) => !name.startsWith("Exec")));
    await put(`${UNITS}/microvm@a.service.d/limits.conf`, unitFile({ ...limits, Type: "simple" }));
    await put(`${UNITS}/microvm.slice`, unitFile(settings.slice).replace("[Service]", "[Slice]"));
    await run("systemctl daemon-reload");
    await start("microvm@a");
    const group = "/sys/fs/cgroup/microvm.slice/microvm@a.service";
    expect(
      await run(
        `cat ${group}/cpu.max ${group}/memory.max ${group}/pids.max ${group}/cpu.weight ${group}/../cpu.weight`,
      ),
    ).toBe(["250000 100000", String(6144 * 2 ** 20), "512", "100", "100"].join("\n"));
  });

  it("virtiofsd has the capabilities that it needs, and no network", async () => {
    await put("/var/lib/microvms/a/current/bin/virtiofsd-run", VIRTIOFSD, "0755");
    await put(`${UNITS}/microvm-virtiofsd@.service`, unitFile(withPrograms(settings.virtiofsd)));
    await run(`
      systemctl stop microvm-virtiofsd@a
      useradd -m -u 1000 -g users alice
      install -d -m 2775 -o root -g users /srv/projects /srv/projects/a
      systemctl daemon-reload`);
    await start("microvm-virtiofsd@a");
    expect(
      (await run("cat /var/lib/microvms/a/served; cd /srv/projects; stat -c '%F %U %a' made device")).split("\n"),
    ).toEqual([
      "NoNewPrivs:1",
      "lo",
      "kvm socket",
      "a",
      "regular empty file alice 6755",
      "character special file root 644",
    ]);
  });
});
