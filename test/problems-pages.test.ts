/** Every code has a page, and its examples fail and pass. */
import { readdirSync, readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { lexer } from "marked";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { emptyLock, formatPath, type Lock, planConfig, type Problem, problemCodes } from "@microvm-emit/model";
import { failureCodes } from "../packages/emit/src/report/failure-words.js";
import { readPage } from "../packages/emit/src/report/problem-page.js";
import { problemPages, writtenPages } from "../scripts/problem-pages.js";
import { declaredFailures, declaredProblems } from "../scripts/problems.js";

const folder = new URL("../packages/emit/problems/", import.meta.url);
const files = readdirSync(folder);
const pages = files.map((file) => ({ file, ...readPage(readFileSync(new URL(file, folder), "utf8")) }));

/** Problems of files, of Nix or of library calls, which no config can show. */
const withoutExample = new Set([
  ...failureCodes,
  "bad-lock",
  "module-missing",
  "unfollowed-module",
  "workspace-without-repository",
]);

const baseHost = {
  stateVersion: "25.11",
  user: {
    name: "alice",
    sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"],
  },
  bridges: { br0: { address: "192.168.83.1/24" } },
  vms: { a: {} },
};
const scope = { ...library, hosts: { h: baseHost } };

/** Makes a config from a fragment, by the word after `ts`. */
const whole: Readonly<Record<string, (fragment: object) => unknown>> = {
  vm: (fragment) => ({ hosts: { h: { ...baseHost, vms: { a: fragment } } } }),
  host: (fragment) => ({ hosts: { h: { ...baseHost, ...fragment } } }),
  config: (fragment) => fragment,
};

interface Shown {
  readonly config: unknown;
  readonly lock: Lock;
}

/** The configs below a heading, each with the lock that follows it. */
const shownBelow = (body: string, title: string): readonly Shown[] => {
  const tokens = lexer(body);
  const from = tokens.findIndex((token) => token.type === "heading" && token["text"] === title);
  if (from === -1) return [];
  const to = tokens.findIndex((token, position) => position > from && token.type === "heading");
  const codes = tokens
    .slice(from, to === -1 ? undefined : to)
    .flatMap((token) => (token.type === "code" ? [{ lang: String(token["lang"]), text: String(token["text"]) }] : []));
  const shown = codes.flatMap(({ lang, text }, position) => {
    if (lang === "json lock") return [];
    const asWhole = whole[lang.replace("ts ", "")];
    if (asWhole === undefined) throw new Error(`unknown kind of example below ${title}: ${lang}`);
    const evaluate = runInThisContext(`({ ${Object.keys(scope).join(", ")} }) => (${text}\n)`) as (
      known: typeof scope,
    ) => object;
    const next = codes[position + 1];
    return [
      {
        config: asWhole(evaluate(scope)),
        lock: next?.lang === "json lock" ? (JSON.parse(next.text) as Lock) : emptyLock,
      },
    ];
  });
  if (shown.length === 0) throw new Error(`no example below ${title}`);
  return shown;
};

const problemsOf = ({ config, lock }: Shown): readonly Problem[] => {
  const planned = planConfig(config, lock);
  return planned._tag === "Left" ? planned.left : planned.right.warnings;
};

it("every code has a page, and every page a code", () => {
  const codes = [...Object.keys(problemCodes), ...failureCodes];
  expect(pages.map(({ code }) => code).sort()).toEqual(codes.sort());
  expect(new Set(codes).size).toBe(codes.length);
});

it("pages match the comments of problems and failures (`npm run problems` writes them)", async () => {
  expect(Object.fromEntries(writtenPages())).toEqual(Object.fromEntries(await problemPages()));
});

it("every declared problem is found", () => {
  expect(declaredProblems().map(({ code, severity }) => [code, severity])).toEqual(Object.entries(problemCodes));
  expect(declaredFailures().map(({ code }) => code)).toEqual([...failureCodes].sort());
});

const isRecord = (value: unknown): value is Readonly<Record<string | number, unknown>> =>
  typeof value === "object" && value !== null;

/** The value at a path, and the number of its last steps that the config does not contain. */
const valueAt = (config: unknown, path: Problem["path"]): { readonly unwritten: number; readonly value: unknown } => {
  let value: unknown = config;
  for (const [position, step] of path.entries()) {
    if (!isRecord(value) || !(step in value)) return { unwritten: path.length - position, value: undefined };
    value = value[step];
  }
  return { unwritten: 0, value };
};

/** Names, strings and numbers in a value. */
const wordsIn = (value: unknown): readonly string[] =>
  isRecord(value)
    ? [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(wordsIn)]
    : [String(value)];

describe.each(pages)("the page of $code", ({ file, code, severity, title, body }) => {
  const severityInSource: string = code in problemCodes ? problemCodes[code as keyof typeof problemCodes] : "error";

  it("has the code, severity and title of the source", () => {
    expect([file, severity]).toEqual([`${code}.md`, severityInSource]);
    const [, front = ""] = readFileSync(new URL(file, folder), "utf8").split("---\n");
    expect(parse(front)).toEqual({ code, severity, title });
    expect(title).toMatch(/^\S.*[^.]$/);
    expect(body).toMatch(/^\S[^]*\./);
  });

  const fails = shownBelow(body, "Fails").map((shown, position) => [position, shown] as const);
  const passes = shownBelow(body, "Passes").map((shown, position) => [position, shown] as const);

  it("has a failing and a passing example, unless only a run can fail", () => {
    expect([fails.length > 0, passes.length > 0]).toEqual(withoutExample.has(code) ? [false, false] : [true, true]);
  });

  it.each(fails)("has a failing example %i", (_, shown) => {
    const found = problemsOf(shown).filter((problem) => problem.code === code);
    expect(found).not.toEqual([]);
    for (const problem of found) expect(severity.split(" or ")).toContain(problem.severity);
  });

  it.each(fails)("fails with a written path, a message that names a value, and a remedy: example %i", (_, shown) => {
    for (const { path, message, remedy } of problemsOf(shown).filter((problem) => problem.code === code)) {
      const { unwritten } = valueAt(shown.config, path);
      // A missing setting or list element.
      expect(unwritten).toBeLessThanOrEqual(typeof path.at(-1) === "number" ? 2 : 1);
      const names = path.filter((step) => typeof step === "string");
      const setting = names.at(-1) ?? "";
      expect(body).toContain(setting);
      // The problem must mention a name or value of its host.
      const words = [...wordsIn(valueAt(shown.config, path.slice(0, 2)).value), ...names].flatMap((word) => [
        word,
        ...word.split(/\s+/),
      ]);
      const found = message.toLowerCase();
      const isNamed = words.some((word) => {
        const escaped = JSON.stringify(word.toLowerCase())
          .slice(1, -1)
          .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
        return new RegExp(`(?<!\\w)${escaped}(?!\\w)`).test(found);
      });
      expect([message, isNamed]).toEqual([message, true]);
      expect(remedy).toMatch(/^\S+ \S.*[.?]$/s);
    }
  });

  it.each(passes)("has a passing example %i with nothing else wrong", (_, shown) => {
    expect(problemsOf(shown).filter((problem) => problem.code === code || problem.severity === "error")).toEqual([]);
  });
});

/** The other places that the failing examples concern, by code: the place and its note. */
const otherPlaces: Readonly<Record<string, string>> = {
  "address-in-dhcp-range": "hosts.h.bridges.br0.dhcp: the range",
  "conflicting-variable": "hosts.h.vms.a.toolchains[0]: the other value",
  "dhcp-range-empty": "hosts.h.bridges.br0.dhcp: start of the range",
  "duplicate-address": "hosts.h.vms.a.interfaces[0].address: first used here",
  "duplicate-cid": "hosts.h.vms.a.vsock.cid: first used here",
  "duplicate-credential": "hosts.h.vms.a.secrets.KEY: first used here",
  "duplicate-device": "hosts.h.vms.a.devices[0].path: first used here",
  "duplicate-host-port": "hosts.h.vms.a.forwardPorts[0].host.port: first used here",
  "duplicate-in-lan": "hosts.a.vms.a: a uses it here",
  "duplicate-index": "hosts.h.vms.a.index: first used here",
  "duplicate-mac": "hosts.h.vms.a.interfaces[0].mac: first used here",
  "duplicate-mount-point": "hosts.h.vms.a.shares[0].mountPoint: first used here",
  "duplicate-program": "hosts.h.vms.a.home[0]: first used here",
  "duplicate-renamed-from": "hosts.h.vms.a.renamedFrom: first used here",
  "duplicate-share-socket": "hosts.h.vms.a.shares[0].socket: first used here",
  "duplicate-share-tag": "hosts.h.vms.a.workspace: first used here",
  "duplicate-tap": "hosts.h.vms.a.interfaces[0].tap: first used here",
  "duplicate-uid": "hosts.h.vms.a.users.bob.uid: first used here",
  "duplicate-user": "hosts.h.user: first used here",
  "duplicate-vm": "hosts.h.vms.a: in vms",
  "duplicate-volume-image": "hosts.h.vms.a.volumes[0].image: first used here",
  "duplicate-volume-label": "hosts.h.vms.a.volumes[0].label: first used here",
  "group-conflict": "hosts.h.vms.a.groups.data.gid: the other group",
  "index-locked": "hosts.h.vms.b: the VM that has it",
  "index-moved": "hosts.h.vms.a: has it in the lock file",
  "key-without-policy": "hosts.h.vms.a.network: the network",
  "macvtap-on-port": "hosts.h.bridges.lan.ports: the port",
  "other-hypervisor": "hosts.h.vms.a.hypervisor: the VM's hypervisor",
  "overlapping-subnets": "hosts.h.bridges.br0.address: the other subnet",
  "policy-not-enforced": "hosts.h.vms.a.network: the policy",
  "renamed-from-present": "hosts.h.vms.old: still here",
  "repository-in-writable-share": "hosts.h.vms.one.workspace: the share",
  "secret-in-writable-share": "hosts.h.vms.a.workspace: the share",
  "several-external-interfaces": "hosts.h.bridges.br0.nat.externalInterface: the other interface",
  "share-in-writable-share": "hosts.h.vms.a.workspace: the outer share",
  "shared-across-policies": "hosts.h.vms.online.shares[0]: the share of online",
  "squashed-system-folder": "hosts.h.vms.a.shares[0].mountPoint: the mount point",
  "store-overlay-on-share": "hosts.h.vms.a.shares[0].mountPoint: the share",
  "store-overlay-persistent": "hosts.h.vms.a.volumes[0]: the volume",
  "volume-in-writable-share": "hosts.h.vms.a.workspace: the share",
};

it("the failing examples name the other places that they concern", () => {
  const found = pages.flatMap(({ code, body }) =>
    shownBelow(body, "Fails").flatMap((shown) =>
      problemsOf(shown)
        .filter((problem) => problem.code === code)
        .flatMap(({ related = [] }) => related.map(({ path, note }) => [code, `${formatPath(path)}: ${note}`])),
    ),
  );
  expect(found).toEqual(Object.entries(otherPlaces));
});
