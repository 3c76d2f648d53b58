import { z } from "zod";

/*
 * A NixOS host with its microVMs, as `evaluate/read-host.nix` prints it. Modules of other people set these values, so each is
 * checked before its use; one of another form counts as absent.
 */

const text = z.string();
const texts = z.array(text).catch([]);
const textOrNull = text.nullable().catch(null);

const networkSchema = z.object({
  match: z.record(text, z.unknown()).catch({}),
  addresses: texts,
  gateways: texts,
  dns: texts,
  settings: z.record(text, z.unknown()).catch({}),
});

const accountsSchema = z.record(
  text,
  z.object({
    uid: z.int().nullable().catch(null),
    gid: z.int().nullable().catch(null),
    group: textOrNull,
    home: textOrNull,
    keys: texts,
  }),
);

const optionSchema = z.object({ value: z.unknown(), files: texts });

const vmSchema = z.object({
  name: text,
  kind: z.enum(["config", "flake", "evaluatedConfig"]),
  autostart: z.boolean(),
  restartIfChanged: z.boolean(),
  /** Options by their name below `microvm`, such as `vsock.cid`. */
  options: z.record(text, optionSchema),
  hostName: text,
  stateVersion: text,
  networks: z.record(text, networkSchema),
  networkFiles: z.array(z.object({ file: text, names: texts })),
  nameservers: texts,
  firewall: z.object({
    enable: z.boolean(),
    allowedTCPPorts: z.array(z.int()).catch([]),
    allowedUDPPorts: z.array(z.int()).catch([]),
  }),
  accounts: accountsSchema,
  modules: texts.nullable(),
});

export const readingSchema = z.object({
  /** The folder of the flake in the store, which files begin with. */
  source: text,
  inputs: z.object({ microvm: texts, nixpkgs: texts, all: texts }),
  system: text,
  hostName: text,
  stateVersion: text,
  stateDirectory: text,
  startupTimeoutSeconds: z.int(),
  useNotifySockets: z.boolean(),
  accounts: accountsSchema,
  bridges: texts,
  interfaces: z.record(text, texts),
  networks: z.record(text, networkSchema),
  nat: z
    .object({ enable: z.boolean(), externalInterface: textOrNull, internalInterfaces: texts })
    .catch({ enable: false, externalInterface: null, internalInterfaces: [] }),
  /** The files that define VMs, with their names. */
  definitions: z.array(z.object({ file: text, vms: texts })),
  vms: z.record(text, vmSchema),
});

export type HostReading = z.output<typeof readingSchema>;
export type VmReading = HostReading["vms"][string];
export type NetworkReading = z.output<typeof networkSchema>;
