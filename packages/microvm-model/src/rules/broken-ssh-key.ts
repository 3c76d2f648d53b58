import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Incomplete SSH key
 *
 * The base64 text of a public key contains its type and several numbers, each with its length (RFC 4253, section 6.6).
 * If part of the text is missing or changed, the lengths do not match. sshd then silently ignores the key. `ssh-keygen
 * -lf FILE` reads a key as sshd does.
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

export const check: Rule = (host) => {
  const users = host.vms.flatMap((vm) => vm.guest.users);
  // Most VMs have the same users.
  const flaws = new Map([...new Set(users.flatMap(({ sshKeys }) => sshKeys))].map((key) => [key, flawOf(key)]));
  return users.flatMap(({ sshKeys, path }) =>
    sshKeys.flatMap((key, position) => {
      const flaw = flaws.get(key);
      const place = [...path, "sshKeys", position];
      return flaw === undefined
        ? []
        : [brokenSshKey(place, flaw, "Copy the whole line of the public key file, such as ~/.ssh/id_ed25519.pub.")];
    }),
  );
};

const flawOf = (key: string): string | undefined => {
  const [, type, body] = /(?:^|\s)((?:ssh-|ecdsa-|sk-)\S+)\s+(AAAA\S*)/.exec(key) ?? [];
  if (type === undefined || body === undefined) return undefined;
  const fields = fieldsOf(body);
  const [name] = fields;
  if (name !== undefined && name !== type)
    return `The line names the type ${type}, but its key ${/^[\w@.-]+$/.test(name) ? `has the type ${name}` : "cannot be read"}`;
  // Certificates contain numbers between their fields.
  return fields.length > 1 && (fields.at(-1) !== undefined || type.includes("-cert-"))
    ? undefined
    : `The ${type} key is incomplete or damaged`;
};

/** Fields of a key (RFC 4253, 6.6); undefined for a field that ends too early. */
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
