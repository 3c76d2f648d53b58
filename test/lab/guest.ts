/** Boots a guest from the lab image in QEMU, with the arguments of the evaluated runner of a VM. */
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
  /** The namespace with the taps, the daemons and QEMU. */
  readonly host: Namespace;
  /** The folder for sockets, logs and shared files. */
  readonly folder: string;
  /** The init program of the initrd: a script or systemd. NixOS supports both. */
  readonly initrd: "script" | "systemd";
}

/** Kernel parameters for NixOS only, which do not apply to Debian. */
const OF_NIXOS: readonly string[] = [
  "init=", // the second stage, in the store
  "regInfo=", // the registered store paths
  "root=fstab", // the root is in the fstab of the NixOS initrd
];

/** The limit of an x86 kernel (COMMAND_LINE_SIZE), including the final NUL. */
const COMMAND_LINE_BYTES = 2048;

/** Without one of these modules, /dev/kvm only supports special kernels, and a standard kernel crashes. */
const hasKvm = ["kvm_intel", "kvm_amd"].some((module) => existsSync(`/sys/module/${module}`));

/**
 * Kernel parameters for emulation: the kernel cannot measure its clock, and mitigations are slow. With random
 * addresses, QEMU must translate code again.
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

/** Starts a guest. The promise resolves when the guest runs commands. The guest ends with the namespace of the host. */
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
    // virtiofsd does not support devices before virtio 1.0.
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
    // Starts after the listener, so that no output is lost.
    ...["-chardev", `socket,id=agent,server=on,wait=on,path=${at("agent.sock")}`],
    ...["-device", "virtio-serial-device", "-device", "virtserialport,chardev=agent"],
    ...["-chardev", `file,id=console,path=${at("console.log")}`, "-serial", "chardev:console"],
  ];
  // QEMU writes changes of the image to TMPDIR.
  host.start(at("qemu.log"), "env", `TMPDIR=${folder}`, "qemu-system-x86_64", ...qemu);
  try {
    return await connectAgent(at("agent.sock"));
  } catch (error) {
    throw new Error(`${name} did not boot: ${String(error)}\n${tails(folder)}`, { cause: error });
  }
};
