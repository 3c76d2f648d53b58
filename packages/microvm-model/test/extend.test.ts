import { attrs } from "@microvm-emit/nix-ast";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  claudeCode,
  codex,
  type Config,
  type Changes,
  extend,
  type Host,
  replace,
  unset,
  type Vm,
} from "../src/index.js";
import { merge, sourceOf } from "../src/compose/merge.js";

describe("extend", () => {
  const nix = attrs({ services: { fstrim: { enable: true } } });
  const otherNix = attrs({ services: { fstrim: { enable: false } } });

  it.each<[string, Vm, Changes<Vm>, Vm]>([
    [
      "replaces text, numbers and truth values",
      { vcpu: 2, autostart: true },
      { vcpu: 4, autostart: false },
      { vcpu: 4, autostart: false },
    ],
    ["adds settings", { vcpu: 2 }, { memoryMiB: 512 }, { vcpu: 2, memoryMiB: 512 }],
    ["takes null for a value", { socket: "a.sock" }, { socket: null }, { socket: null }],
    ["joins lists, the base's first", { packages: ["git"] }, { packages: ["jq"] }, { packages: ["git", "jq"] }],
    ["replaces a list", { packages: ["git"] }, { packages: replace(["jq"]) }, { packages: ["jq"] }],
    ["empties a list", { packages: ["git"] }, { packages: replace([]) }, { packages: [] }],
    [
      "merges objects by key, at any depth",
      { users: { bob: { uid: 1, gid: 1, sshKeys: ["a"] } } },
      { users: { bob: { uid: 2, sshKeys: ["b"] }, eve: { uid: 3, gid: 3 } } },
      { users: { bob: { uid: 2, gid: 1, sshKeys: ["a", "b"] }, eve: { uid: 3, gid: 3 } } },
    ],
    [
      "replaces an object",
      { groups: { data: { gid: 2000 } } },
      { groups: replace({ media: { gid: 2001 } }) },
      { groups: { media: { gid: 2001 } } },
    ],
    [
      "replaces what is of another kind",
      { firewall: { allowedTCPPorts: [80] } },
      { firewall: false },
      { firewall: false },
    ],
    ["and the other way round", { vsock: false }, { vsock: { cid: 9 } }, { vsock: { cid: 9 } }],
    [
      "hears nothing from undefined",
      { vcpu: 2, packages: ["git"] },
      { vcpu: undefined, packages: undefined },
      { vcpu: 2, packages: ["git"] },
    ],
    ["takes settings away", { vcpu: 2, packages: ["git"] }, { vcpu: unset, packages: unset }, {}],
    [
      "takes entries away",
      { groups: { a: { gid: 1 }, b: { gid: 2 } } },
      { groups: { a: unset } },
      { groups: { b: { gid: 2 } } },
    ],
    ["takes away what is not there", {}, { vcpu: unset, groups: { a: unset } }, { groups: {} }],
    ["replaces agents whole", { agent: claudeCode() }, { agent: codex() }, { agent: codex() }],
    [
      "takes agents and toolchains of lists as they are",
      { toolchains: ["go"] },
      { toolchains: [{ name: "x", packages: [] }] },
      { toolchains: ["go", { name: "x", packages: [] }] },
    ],
  ])("%s", (_, base, change, expected) => {
    expect(extend(base, change)).toStrictEqual(expected);
  });

  it("never merges Nix", () => {
    expect(extend<Vm>({ modules: [nix] }, { modules: [otherNix] }).modules).toStrictEqual([nix, otherNix]);
    const { module } = extend<{ readonly module: typeof nix }>({ module: nix }, { module: otherNix });
    expect(module).toBe(otherNix);
  });

  it("extends a whole config", () => {
    const base: Config = {
      hosts: { h: { stateVersion: "26.05", user: { name: "alice" }, vms: { old: {}, kept: { vcpu: 2 } } } },
    };
    expect(
      extend(
        base,
        { description: "mine", hosts: { h: { vms: { old: unset, kept: { memoryMiB: 512 }, added: {} } } } },
        { inputs: { dotfiles: "github:me/dotfiles" } },
      ),
    ).toStrictEqual({
      description: "mine",
      inputs: { dotfiles: "github:me/dotfiles" },
      hosts: {
        h: { stateVersion: "26.05", user: { name: "alice" }, vms: { kept: { vcpu: 2, memoryMiB: 512 }, added: {} } },
      },
    });
  });

  it("has the type of its base, and rejects unknown settings", () => {
    const vm: Vm = {};
    const host: Host = { stateVersion: "26.05", user: { name: "alice" } };
    const config: Config = { hosts: { h: host } };
    expectTypeOf(extend(vm, { vcpu: 2 })).toEqualTypeOf<Vm>();
    expectTypeOf(extend(host, { vms: { a: { vcpu: 2 } } }, {})).toEqualTypeOf<Host>();
    expectTypeOf(extend(config, { hosts: { h: { user: { uid: 1000 } } } })).toEqualTypeOf<Config>();
    expectTypeOf(replace(["a"])).toEqualTypeOf<string[]>();
    // @ts-expect-error -- it is `vcpu`
    extend(vm, { vcpus: 2 });
    // @ts-expect-error -- an agent is given whole
    extend(vm, { agent: { command: "claude" } });
    // @ts-expect-error -- what is added to a list is whole
    extend(vm, { shares: [{ tag: "a" }] });
  });
});

/** Parts of any form, with all that has a meaning to `extend`. */
const { part } = fc.letrec<{ part: object; value: unknown; list: unknown[] }>((tie) => ({
  part: fc
    .array(fc.tuple(fc.constantFrom("a", "b", "c", "command", "__proto__"), tie("value")), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
  list: fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant({ a: 1 })), { maxLength: 3 }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(1, 2, "x", false, null, undefined, unset),
    fc.constantFrom<unknown>(attrs({}), claudeCode()),
    tie("list"),
    tie("list").map(replace),
    tie("part"),
    tie("part").map(replace),
  ),
}));

const frozen = <A>(value: A): A => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
};

describe("the laws of extend", () => {
  it("is associative", () => {
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        expect(extend(a, extend(b, c))).toStrictEqual(extend(extend(a, b), c));
        expect(extend(a, b, c)).toStrictEqual(extend(extend(a, b), c));
      }),
      { numRuns: 2000 },
    );
  });

  it("has the empty object as its identity", () => {
    fc.assert(
      fc.property(part, (a) => {
        // An agent is a value.
        fc.pre(!("command" in a && typeof a.command === "string"));
        expect(extend(a, {})).toEqual(extend(a));
        expect(extend({}, a)).toEqual(extend(a));
      }),
      { numRuns: 500 },
    );
  });

  it("is idempotent without lists", () => {
    expect(extend<Vm>({ vcpu: 2 }, { vcpu: 3, vsock: { cid: 5 } }, { vcpu: 3, vsock: { cid: 5 } })).toEqual({
      vcpu: 3,
      vsock: { cid: 5 },
    });
  });

  it("does not change its arguments", () => {
    fc.assert(
      fc.property(part, part, (a, b) => {
        expect(() => extend(frozen(a), frozen(b))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it("returns the origin of every value", () => {
    fc.assert(
      fc.property(part, part, (base, change) => {
        for (const [path, value] of leaves(merge(base, change), [])) {
          const source = sourceOf(base, change, path);
          expect(at(source.from === "base" ? base : change, source.path)).toBe(value);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !("kind" in value) && !Object.hasOwn(value, "domains");

const leaves = (value: unknown, path: readonly (string | number)[]): [readonly (string | number)[], unknown][] =>
  isContainer(value)
    ? Object.entries(value).flatMap(([key, inner]) =>
        leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
      )
    : [[path, value]];

const at = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, step) =>
      isContainer(inner) && Object.hasOwn(inner, step) ? (inner as Record<string | number, unknown>)[step] : undefined,
    value,
  );
