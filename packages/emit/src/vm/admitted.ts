import { isRecord } from "@microvm-emit/model/internal";
import { grantProgram } from "./grant.js";
import { capture, isRootOn, type Machine } from "./machine.js";

/** Connections of a VM that the network policy admitted in the last day, by server and port. */
export interface Admitted {
  readonly vm: string;
  /** The address of the server. */
  readonly target: string;
  readonly protocol: string;
  readonly port: number;
  readonly connections: number;
  /** The names that resolved to this address for the VM. */
  readonly names: readonly string[];
}

/** A destination that `microvm-emit allow` opened on the running host. */
export interface Granted {
  readonly vm: string;
  readonly target: string;
  readonly ports: readonly string[];
  /** The remaining seconds; null until the next switch of the host. */
  readonly seconds: number | null;
}

export interface Allowed {
  readonly admitted: readonly Omit<Admitted, "names">[];
  readonly granted: readonly Granted[];
}

/** Reads the admitted connections of a host; undefined for a user without permission, or a host of an older version. */
export const readAllowed = async (machine: Machine): Promise<Allowed | undefined> => {
  const words = [grantProgram, "list"] as const;
  const { exitCode, stdout } = await capture(
    machine,
    // sudo must not ask, because users without sudo can still see refusals.
    (await isRootOn(machine)) ? words : ["sudo", "-n", "--", ...words],
  );
  return exitCode === 0 ? parseAllowed(stdout) : undefined;
};

/** Reads the program's output; undefined for another form. */
const parseAllowed = (text: string): Allowed | undefined => {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(read)) return undefined;
  return {
    admitted: recordsOf(read["admitted"]).map((one) => ({
      vm: String(one["vm"]),
      target: String(one["to"]),
      protocol: String(one["protocol"]),
      port: Number(one["port"]),
      connections: Number(one["connections"]),
    })),
    granted: recordsOf(read["granted"]).map((one) => ({
      vm: String(one["vm"]),
      target: String(one["to"]),
      ports: Array.isArray(one["ports"]) ? one["ports"].map((port) => (port as readonly unknown[]).join("/")) : [],
      seconds: typeof one["seconds"] === "number" ? one["seconds"] : null,
    })),
  };
};

const recordsOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];
