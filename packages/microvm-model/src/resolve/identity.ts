import type { VmPlan } from "../plan/plan.js";
import { ownShares } from "./built-in-shares.js";
import { linkFileText, linkOf } from "./guest-link.js";

/** The mount options of a share, by protocol. */
const mountOptions = { virtiofs: "defaults", "9p": "trans=virtio,version=9p2000.L,msize=65536" } as const;

/** Each credential with the VM's identity, as the library (`vm/start-vm.nix`) puts it on the kernel's command line. */
const credentialsOf = (vm: VmPlan): readonly (readonly [name: string, text: string])[] => [
  ...vm.network.interfaces.map(
    (link, position) =>
      [`network.network.${linkOf(link, position).name}`, linkFileText(link, position, vm.network.nameservers)] as const,
  ),
  ...[
    ["fstab.extra", ownShares(vm).map(mountLine).join("")] as const,
    ["vm.environment", Object.entries(vm.guest.environment).map(exportLine).join("")] as const,
  ].filter(([, text]) => text !== ""),
];

const mountLine = ({ tag, mountPoint, proto }: VmPlan["storage"]["shares"][number]): string =>
  `${tag.value} ${mountPoint.value.replaceAll(" ", "\\040")} ${proto} ${mountOptions[proto]}\n`;

const exportLine = ([variable, value]: readonly [string, string]): string => `export ${variable}="${value}"\n`;

/** The identity of a VM in the parameters of its kernel, which must be ASCII. */
export const identityOf = (vm: VmPlan): { readonly length: number; readonly isAscii: boolean } => {
  const credentials = credentialsOf(vm);
  const parameters = [
    `systemd.hostname=${vm.name}`,
    ...(vm.machine.machineId === null ? [] : [`systemd.machine_id=${"0".repeat(32)}`]),
    ...credentials.map(
      ([name, { length }]) => `systemd.set_credential_binary=${name}:${"A".repeat(base64Length(length))}`,
    ),
  ];
  return {
    length: parameters.join(" ").length,
    isAscii: [vm.name, ...credentials.map(([, text]) => text)].every((text) => /^[\n\x20-\x7e]*$/.test(text)),
  };
};

const base64Length = (length: number): number => Math.ceil(length / 3) * 4;
