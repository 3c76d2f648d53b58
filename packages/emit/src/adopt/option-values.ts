import { z } from "zod";
import type { VmReading } from "./reading.js";

/* The forms of microvm.nix's options whose values are sets. */

const maybe = z.string().nullish();

export const interfacesSchema = z.array(
  z.object({
    type: z.enum(["tap", "user", "macvtap", "bridge"]),
    id: z.string(),
    mac: z.string(),
    bridge: maybe,
    macvtap: z.object({ link: maybe, mode: maybe }).nullish(),
    tap: z.object({ vhost: z.boolean() }).nullish(),
  }),
);

export const sharesSchema = z.array(
  z.object({
    tag: z.string(),
    source: z.string(),
    mountPoint: z.string(),
    proto: z.enum(["virtiofs", "9p"]),
    readOnly: z.boolean().default(false),
    socket: maybe,
    cache: z.string().default("auto"),
    securityModel: z.string().default("none"),
    posixAcl: z.boolean().default(true),
    extraArgs: z.array(z.string()).default([]),
  }),
);

export const volumesSchema = z.array(
  z.object({
    image: z.string(),
    mountPoint: maybe,
    size: z.int().nullish(),
    fsType: z.string(),
    autoCreate: z.boolean().default(true),
    readOnly: z.boolean().default(false),
    label: maybe,
    serial: maybe,
    direct: z.boolean().nullish(),
    imageType: z.string().default("raw"),
    mkfsExtraArgs: z.array(z.string()).default([]),
  }),
);

export const devicesSchema = z.array(
  z.object({
    bus: z.enum(["pci", "usb"]),
    path: z.string(),
    qemu: z.object({ id: maybe, bus: maybe, deviceExtraArgs: maybe }).nullish(),
  }),
);

const end = z.object({ address: z.string().default(""), port: z.int() });

export const forwardPortsSchema = z.array(
  z.object({ from: z.enum(["host", "guest"]), proto: z.enum(["tcp", "udp"]), host: end, guest: end }),
);

export type InterfaceReading = z.output<typeof interfacesSchema>[number];

/** The value of an option below `microvm`, or the fallback if it is missing or has another form. */
export const optionOf = <A>(vm: VmReading, name: string, schema: z.ZodType<A>, fallback: A): A => {
  const option = vm.options[name];
  const parsed = option === undefined ? undefined : schema.safeParse(option.value);
  return parsed?.success === true ? parsed.data : fallback;
};

/** A record without empty values. */
export const present = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));

/** A record without values that equal their default. */
export const unlike = (
  values: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(present(values)).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(defaults[key])),
  );
