/** Which public keys are whole, by the form that RFC 4253 gives them. */
import { expect, it } from "vitest";
import { emptyLock, planConfig } from "../src/index.js";
import { config } from "./config.js";

const told = (key: string): readonly string[] => {
  const result = planConfig(config({ a: {}, b: {} }, { user: { name: "alice", sshKeys: [key] } }), emptyLock);
  const problems = result._tag === "Left" ? result.left : result.right.warnings;
  return problems.map(({ code, message }) => `${code}: ${message}`);
};

const blob = (...fields: readonly (string | number)[]): string =>
  Buffer.concat(
    fields.flatMap((field) => {
      const bytes = typeof field === "string" ? Buffer.from(field) : Buffer.alloc(field, 7);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  ).toString("base64");

// As ssh-keygen wrote it.
const whole = "AAAAC3NzaC1lZDI1NTE5AAAAIBwfWj30rXSxGLiGDL/yt9Z7/sEq9Bpov5Ft/bJs1d0y";

it.each([
  `ssh-ed25519 ${whole}`,
  `ssh-ed25519 ${whole} alice@workstation`,
  `restrict,command="echo hi" ssh-ed25519 ${whole} alice`,
  `ssh-rsa ${blob("ssh-rsa", 3, 257)}`,
  `ecdsa-sha2-nistp256 ${blob("ecdsa-sha2-nistp256", "nistp256", 65)}`,
  `sk-ssh-ed25519@openssh.com ${blob("sk-ssh-ed25519@openssh.com", 32, "ssh:")}`,
  `ssh-ed25519-cert-v01@openssh.com ${blob("ssh-ed25519-cert-v01@openssh.com", 32, 32)}AAAAAAAAAAE=`,
])("a complete key causes no warning: %s", (key) => {
  expect(told(key)).toEqual([]);
});

it("a key that is cut anywhere causes a warning", () => {
  const cut = "broken-ssh-key: The ssh-ed25519 key is incomplete or damaged";
  for (let length = "AAAA".length; length < whole.length; length++)
    expect(told(`ssh-ed25519 ${whole.slice(0, length)} alice`), String(length)).toEqual([cut]);
});

it.each([
  ["a placeholder of documentation", "ssh-ed25519 AAAA… alice"],
  ["a space that a line's end became", `ssh-ed25519 ${whole.slice(0, 40)} ${whole.slice(40)}`],
  ["a letter too many", `ssh-ed25519 ${whole.slice(0, 40)}A${whole.slice(40)}`],
])("an incomplete key causes a warning: %s", (_, key) => {
  expect(told(key)).toEqual([expect.stringMatching(/^broken-ssh-key: The ssh-ed25519 key is incomplete/)]);
});

it("a key of another type causes a warning", () => {
  expect(told(`ssh-rsa ${whole}`)).toEqual([
    "broken-ssh-key: The line names the type ssh-rsa, but its key has the type ssh-ed25519",
  ]);
});
