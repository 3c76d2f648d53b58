import { z } from "zod";
import type { Note } from "../report/adoption-notes.js";
import type { AdoptedVm, Settings } from "./adopted.js";
import { isInSubnet, offsetIn, type OldBridge } from "./host-network.js";
import { adoptInterfaces } from "./interfaces.js";
import {
  devicesSchema,
  forwardPortsSchema,
  interfacesSchema,
  optionOf,
  present,
  sharesSchema,
  unlike,
  volumesSchema,
} from "./option-values.js";
import type { HostReading, VmReading } from "./reading.js";

/** A VM and the gateways that its bridges need. */
export interface VmAndGateways {
  readonly vm: AdoptedVm;
  readonly gateways: ReadonlyMap<string, string>;
}

const flag = z.boolean();
const number = z.int();
const text = z.string();
const maybeText = z.string().nullable();

/** Options below `microvm` that settings of a config replace, besides interfaces. */
const replaced = [
  "balloon",
  "cpu",
  "credentialFiles",
  "deflateOnOOM",
  "devices",
  "forwardPorts",
  "graphics.backend",
  "graphics.enable",
  "hotplugMem",
  "hotpluggedMem",
  "hugepageMem",
  "hypervisor",
  "initialBalloonMem",
  "machineId",
  "mem",
  "shares",
  "socket",
  "storeDiskType",
  "storeOnDisk",
  "user",
  "vcpu",
  "volumes",
  "vsock.cid",
  "vsock.ssh.enable",
  "writableStoreOverlay",
];

/** A VM as settings. They contain every value of microvm.nix that differs from the default of a config. */
export const adoptVm = (host: HostReading, vm: VmReading, bridges: readonly OldBridge[]): VmAndGateways => {
  const network = adoptInterfaces(host, vm, bridges, optionOf(vm, "interfaces", interfacesSchema, []));
  const storage = storageOf(host, vm);
  const taken = new Set([...replaced, ...(network.interfaces === undefined ? [] : ["interfaces"])]);
  const kept = Object.entries(vm.options)
    .filter(([name, { files }]) => files.length > 0 && !taken.has(name) && !isImplied.has(name))
    .filter(([name]) => name !== "interfaces")
    .map(([name]): Note => ({ vm: vm.name, subject: `microvm.${name}`, reason: "stays in the guest's modules" }));
  const nameservers = [...new Set([...vm.nameservers, ...network.nameservers])];
  return {
    vm: {
      name: vm.name,
      settings: present({
        index: indexOf(network.interfaces, bridges),
        autostart: vm.autostart,
        restartIfChanged: vm.restartIfChanged,
        ...machineOf(vm),
        ...storage.settings,
        interfaces: network.interfaces ?? [],
        forwardPorts: forwardPortsOf(vm),
        nameservers: network.interfaces?.length === 0 || network.interfaces === undefined ? undefined : nameservers,
        firewall: vm.firewall.enable,
        stateVersion: isRelease(vm.stateVersion) ? vm.stateVersion : undefined,
      }),
      options: taken,
      networks: new Set(network.interfaces === undefined ? [] : network.networks),
      notes: [
        ...network.notes,
        ...storage.notes,
        ...kept,
        ...(isRelease(vm.stateVersion)
          ? []
          : [{ vm: vm.name, subject: "system.stateVersion", reason: `is ${vm.stateVersion}, which is not a release` }]),
        ...(vm.hostName === vm.name
          ? []
          : [
              {
                vm: vm.name,
                subject: "networking.hostName",
                reason: `is ${vm.hostName}, and stays in the guest's modules`,
              },
            ]),
      ],
    },
    gateways: network.interfaces === undefined ? new Map() : network.gateways,
  };
};

export const isRelease = (version: string): boolean => /^\d\d\.\d\d$/.test(version);

/** Options that microvm.nix's host module or a flake's module sets for every guest. */
const isImplied: ReadonlySet<string> = new Set(["guest.enable", "vmHostPackages", "optimize.enable"]);

/** The index of an address, if all interfaces have the addresses of this index. */
const indexOf = (interfaces: readonly Settings[] | undefined, bridges: readonly OldBridge[]): number | undefined => {
  const [only] = interfaces ?? [];
  const address = only?.["address"];
  const subnet = bridges.find(({ name }) => name === only?.["bridge"])?.address;
  if (typeof address !== "string" || subnet === undefined || !isInSubnet(address, subnet)) return undefined;
  const index = offsetIn(address, subnet) - 2;
  return index >= 0 && index < 65_000 ? index : undefined;
};

const machineOf = (vm: VmReading): Settings => {
  const hotplug = optionOf(vm, "hotplugMem", number, 0);
  const balloon = optionOf(vm, "balloon", flag, false);
  const cid = optionOf(vm, "vsock.cid", number.nullable(), null);
  return {
    hypervisor: optionOf(vm, "hypervisor", text, "qemu"),
    vcpu: optionOf(vm, "vcpu", number, 1),
    memoryMiB: optionOf(vm, "mem", number, 512),
    // `present` drops null, which is a value here.
    socket: optionOf(vm, "socket", maybeText, null) ?? nothing,
    machineId: optionOf(vm, "machineId", maybeText, null) ?? nothing,
    hugepages: optionOf(vm, "hugepageMem", flag, false) || undefined,
    hotplug:
      hotplug === 0 ? undefined : { maxMiB: hotplug, initialMiB: optionOf(vm, "hotpluggedMem", number, hotplug) },
    balloon: balloon
      ? {
          initialMiB: optionOf(vm, "initialBalloonMem", number, 0),
          deflateOnOOM: optionOf(vm, "deflateOnOOM", flag, true),
        }
      : undefined,
    cpu: optionOf(vm, "cpu", maybeText, null),
    runAs: optionOf(vm, "user", maybeText, null),
    devices: someOf(
      optionOf(vm, "devices", devicesSchema, []).map(({ bus, path, qemu }) => {
        const settings = present(qemu ?? {});
        return { bus, path, ...(Object.keys(settings).length > 0 && { qemu: settings }) };
      }),
    ),
    graphics: optionOf(vm, "graphics.enable", flag, false)
      ? { backend: optionOf(vm, "graphics.backend", text, "gtk") }
      : undefined,
    credentialFiles: filled(optionOf(vm, "credentialFiles", z.record(text, text), {})),
    vsock: cid === null ? false : { cid, ...(optionOf(vm, "vsock.ssh.enable", flag, false) && { ssh: true }) },
  };
};

/** Stands for null in settings, because {@link present} omits null. */
export const nothing = Symbol("null");

const someOf = <A>(items: readonly A[]): readonly A[] | undefined => (items.length === 0 ? undefined : items);

const filled = (record: Readonly<Record<string, string>>): Settings | undefined =>
  Object.keys(record).length === 0 ? undefined : record;

const storageOf = (
  host: HostReading,
  vm: VmReading,
): { readonly settings: Settings; readonly notes: readonly Note[] } => {
  const shares = optionOf(vm, "shares", sharesSchema, []);
  const store = shares.find(({ source }) => source === "/nix/store");
  const diskType = optionOf(vm, "storeDiskType", maybeText, null);
  const isOnDisk = optionOf(vm, "storeOnDisk", flag, store === undefined);
  return {
    settings: {
      store: isOnDisk ? (diskType === null ? "disk" : { disk: diskType }) : "share",
      writableStoreOverlay: optionOf(vm, "writableStoreOverlay", maybeText, null) ?? nothing,
      shares: someOf(
        shares
          .filter((share) => share !== store)
          .map((share) => {
            // A socket with the default name is the default.
            const isDefault = share.socket === `${vm.hostName}-virtiofs-${share.tag}.sock`;
            return {
              ...unlike(
                { ...share, socket: isDefault ? undefined : share.socket },
                {
                  proto: "virtiofs",
                  readOnly: false,
                  cache: "auto",
                  securityModel: "none",
                  posixAcl: true,
                  extraArgs: [],
                },
              ),
              source: share.source.startsWith("/") ? share.source : `${host.stateDirectory}/${vm.name}/${share.source}`,
              ...(share.proto === "virtiofs" && { owners: "guest" }),
            };
          }),
      ),
      volumes: optionOf(vm, "volumes", volumesSchema, []).map(({ size, ...volume }) => ({
        ...unlike(volume, {
          fsType: "ext4",
          autoCreate: true,
          readOnly: false,
          direct: false,
          imageType: "raw",
          mkfsExtraArgs: [],
        }),
        ...(typeof size === "number" && size > 0 && { sizeMiB: size }),
      })),
    },
    notes:
      store === undefined || store.proto === "virtiofs"
        ? []
        : [
            {
              vm: vm.name,
              subject: "microvm.shares",
              reason: `/nix/store comes over virtiofs, not over ${store.proto}`,
            },
          ],
  };
};

const forwardPortsOf = (vm: VmReading): readonly Settings[] | undefined =>
  someOf(
    optionOf(vm, "forwardPorts", forwardPortsSchema, []).map(({ host, guest, ...port }) => ({
      ...unlike(port, { from: "host", proto: "tcp" }),
      host: unlike(host, { address: "" }),
      guest: unlike(guest, { address: "" }),
    })),
  );
