import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * An SSH key is not whole
 *
 * A public key is its type, and behind that, in base64, the type again and numbers, each with its length (RFC 4253, 6.6). A key that lost its
 * end, a letter or its line's beginning on the way does not come to that: sshd passes over it and lets nobody in by it. `ssh-keygen -lf FILE`
 * reads a key as sshd does.
 *
 * ## Fails
 *
 * ```ts host
 * { user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4 alice"] } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] } }
 * ```
 */
const brokenSshKey = problem("broken-ssh-key", "warning");

/** A public key is whole: sshd passes over one that is not, and says so in its log alone. */
export const check: Rule = (host) => {
  const users = host.vms.flatMap((vm) => vm.guest.users);
  // Most users are the same in all VMs.
  const flaws = new Map([...new Set(users.flatMap(({ sshKeys }) => sshKeys))].map((key) => [key, flawOf(key)]));
  return users.flatMap(({ sshKeys, path }) =>
    sshKeys.flatMap((key, position) => {
      const flaw = flaws.get(key);
      const place = [...path, "sshKeys", position];
      return flaw === undefined
        ? []
        : [brokenSshKey(place, flaw, "Copy the whole line, as ~/.ssh/id_ed25519.pub holds it.")];
    }),
  );
};

const flawOf = (key: string): string | undefined => {
  const [, type, body] = /(?:^|\s)((?:ssh-|ecdsa-|sk-)\S+)\s+(AAAA\S*)/.exec(key) ?? [];
  if (type === undefined || body === undefined) return undefined;
  const fields = fieldsOf(body);
  const [name] = fields;
  if (name !== undefined && name !== type)
    return `This key is said to be ${type}, and ${/^[\w@.-]+$/.test(name) ? `is ${name}` : "is none"}`;
  // Certificates have numbers among their fields.
  return fields.length > 1 && (fields.at(-1) !== undefined || type.includes("-cert-"))
    ? undefined
    : `This ${type} key is cut short, or was changed on its way`;
};

/** The fields of a key (RFC 4253, 6.6), each behind its length; undefined where one ends too early. */
const fieldsOf = (body: string): readonly (string | undefined)[] => {
  const bytes = decoded(body);
  if (bytes === undefined) return [undefined];
  const fields: (string | undefined)[] = [];
  for (let from = 0; from < bytes.length;) {
    const start = from + 4;
    const end = start > bytes.length ? Infinity : start + new DataView(bytes.buffer).getUint32(from);
    fields.push(end > bytes.length ? undefined : String.fromCharCode(...bytes.subarray(start, end)));
    from = end;
  }
  return fields;
};

const decoded = (body: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
};
