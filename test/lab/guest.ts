/** A guest that QEMU boots of the lab's image, as the evaluated runner of a VM says. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connectAgent, type Run } from "./agent.js";
import type { Runner } from "./evaluated.js";
import type { Image } from "./image.js";
import { tails } from "./log.js";
import type { Namespace } from "./namespace.js";
import { serveShare, sharesOf } from "./share.js";

export interface Boot {
  readonly name: string;
  readonly runner: Runner;
  readonly image: Image;
  /** In which the taps are made, and daemons and QEMU run. */
  readonly host: Namespace;
  /** For sockets, logs and what guests see of the host's files. */
  readonly folder: string;
  /** What runs in the initrd: a script, or systemd. NixOS has both. */
  readonly initrd: "script" | "systemd";
}

/** Parameters that name what NixOS has, and Debian has elsewhere or not. */
const OF_NIXOS: readonly string[] = [
  "init=", // the second stage, in the store
  "regInfo=", // which store paths are registered
  "root=fstab", // the root is in the fstab of NixOS's initrd
];

/** What a kernel of x86 takes (COMMAND_LINE_SIZE), with the byte that ends it. */
const COMMAND_LINE_BYTES = 2048;

/** A /dev/kvm without one of these is for special kernels, and a stock one dies on it. */
const hasKvm = ["kvm_intel", "kvm_amd"].some((module) => existsSync(`/sys/module/${module}`));

/**
 * Emulated, a kernel cannot measure its clock, and what makes it safe only takes time: at random addresses, code that was
 * translated once is translated again.
 */
const forEmulation = (): readonly string[] => {
  const [, megahertz] = /^cpu MHz\s*:\s*([\d.]+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8")) ?? [];
  if (megahertz === undefined) throw new Error("/proc/cpuinfo tells no frequency.");
  const kilohertz = Math.round(Number(megahertz) * 1000);
  return [
    "no_timer_check",
    `tsc_early_khz=${kilohertz}`,
    "mitigations=off",
    "lsm=capability",
    "nokaslr",
    "norandmaps",
    "audit=0",
  ];
};

const commandLine = ({ runner, initrd }: Boot): string => {
  const line = [
    ...runner.kernelParams.filter((parameter) => !OF_NIXOS.some((start) => parameter.startsWith(start))),
    ...["root=/dev/vda", "rw", "console=ttyS0", "quiet", "panic=-1", "systemd.unit=lab.target"],
    ...(hasKvm ? [] : forEmulation()),
    ...(initrd === "systemd" ? ["lab.initrd=systemd"] : []),
  ].join(" ");
  if (line.length >= COMMAND_LINE_BYTES) throw new Error(`No kernel takes ${line.length} bytes:\n${line}`);
  return line;
};

/** Starts a guest; the promise is kept when it runs commands. It ends with the host's namespace. */
export const bootGuest = async (boot: Boot): Promise<Run> => {
  const { name, runner, image, host, folder } = boot;
  const at = (file: string): string => join(folder, `${name}.${file}`);
  const shares = sharesOf(runner);
  await Promise.all(shares.map((share) => serveShare(host, share, folder, at(`${share.tag}.sock`), image.virtiofsd)));
  for (const { type, id } of runner.interfaces) {
    if (type !== "tap") throw new Error(`The lab has no interface of type ${type}.`);
    await host.run("ip", "tuntap", "add", "dev", id, "mode", "tap", "vnet_hdr");
  }

  const accelerator = hasKvm
    ? ["-accel", "kvm", "-cpu", "host"]
    : ["-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max"];
  const qemu = [
    ...["-nodefaults", "-no-user-config", "-nographic", "-no-reboot", ...accelerator],
    ...["-M", "microvm,acpi=on,pcie=off,pit=off,pic=off,rtc=on,memory-backend=memory"],
    // The daemons of shares know no devices of before virtio 1.0.
    ...["-global", "virtio-mmio.force-legacy=false"],
    ...["-smp", String(runner.vcpu), "-m", String(runner.mem)],
    ...["-object", `memory-backend-memfd,id=memory,size=${runner.mem}M,share=on`],
    ...["-kernel", image.kernel, "-initrd", image.initrd, "-append", commandLine(boot)],
    ...["-device", "virtio-rng-device"],
    ...["-drive", `id=root,if=none,format=raw,snapshot=on,file=${image.root}`],
    ...["-device", "virtio-blk-device,drive=root"],
    ...runner.interfaces.flatMap(({ id, mac }) => [
      ...["-netdev", `tap,id=${id},ifname=${id},script=no,downscript=no`],
      ...["-device", `virtio-net-device,netdev=${id},mac=${mac}`],
    ]),
    ...shares.flatMap(({ tag }, index) => [
      ...["-chardev", `socket,id=share${index},path=${at(`${tag}.sock`)}`],
      ...["-device", `vhost-user-fs-device,chardev=share${index},tag=${tag}`],
    ]),
    // Not started before somebody listens, so that nothing is lost.
    ...["-chardev", `socket,id=agent,server=on,wait=on,path=${at("agent.sock")}`],
    ...["-device", "virtio-serial-device", "-device", "virtserialport,chardev=agent"],
    ...["-chardev", `file,id=console,path=${at("console.log")}`, "-serial", "chardev:console"],
  ];
  // In TMPDIR is what the guest writes over the image.
  host.start(at("qemu.log"), "env", `TMPDIR=${folder}`, "qemu-system-x86_64", ...qemu);
  try {
    return await connectAgent(at("agent.sock"));
  } catch (error) {
    throw new Error(`${name} did not boot: ${String(error)}\n${tails(folder)}`, { cause: error });
  }
};
