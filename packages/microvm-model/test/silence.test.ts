import { describe, expect, expectTypeOf, it } from "vitest";
import { emptyLock, formatPath, planConfig, type Vm, type WarningCode } from "../src/index.js";
import { config } from "./config.js";

/** What is told and what is silenced of a config: `code path`, and the reason. */
const heard = (input: unknown): { readonly told: readonly string[]; readonly silenced: readonly string[] } => {
  const planned = planConfig(input, emptyLock);
  const told = planned._tag === "Left" ? planned.left : planned.right.warnings;
  const silenced = planned._tag === "Left" ? [] : planned.right.silenced;
  return {
    told: told.map(({ code, path }) => `${code} ${formatPath(path)}`),
    silenced: silenced.map(({ code, path, reason }) => `${code} ${formatPath(path)} ${reason}`),
  };
};

const code = "label-without-creation";
const told = {
  volumes: [{ image: "data.img", mountPoint: "/data", autoCreate: false, label: "data" }],
};
const place = (vm: string): string => `${code} hosts.h.vms.${vm}.volumes[0].label`;

describe("a silence", () => {
  it("applies to the VM, host or config that contains it", () => {
    expect(heard(config({ a: { ...told, silence: { [code]: "meant" } }, b: told }))).toEqual({
      told: [place("b")],
      silenced: [`${place("a")} meant`],
    });
    expect(heard(config({ a: told, b: told }, { silence: { [code]: "all" } }))).toEqual({
      told: [],
      silenced: [`${place("a")} all`, `${place("b")} all`],
    });
    expect(heard(config({ a: told }, {}, { silence: { [code]: "top" } }))).toEqual({
      told: [],
      silenced: [`${place("a")} top`],
    });
  });

  it("of the innermost part sets the reason", () => {
    const vms = { a: { ...told, silence: { [code]: "inner" } }, b: told };
    expect(heard(config(vms, { silence: { [code]: "outer" } })).silenced).toEqual([
      `${place("a")} inner`,
      `${place("b")} outer`,
    ]);
  });

  it("without effect causes a warning with the place of the silenced code", () => {
    const planned = planConfig(config({ a: told, b: { silence: { [code]: "no" } } }), emptyLock);
    expect(planned).toMatchObject({
      right: {
        warnings: [
          { code },
          {
            code: "needless-silence",
            severity: "warning",
            path: ["hosts", "h", "vms", "b", "silence", code],
            remedy: "Remove the silence, or move it to the warning: hosts.h.vms.a.volumes[0].label.",
          },
        ],
      },
    });
  });

  it("without effect can be silenced, such as in shared settings", () => {
    const shared = { silence: { [code]: "some of them", "needless-silence": "for all VMs" } };
    expect(heard(config({ a: { ...told, ...shared }, b: shared })).told).toEqual([]);
  });

  it("without effect causes no warning while errors can hide the warning", () => {
    expect(heard(config({ a: { vsock: { cid: 1 }, silence: { [code]: "no" } } })).told).toEqual([
      "bad-cid hosts.h.vms.a.vsock.cid",
    ]);
  });

  it("also applies when there are errors", () => {
    expect(heard(config({ a: { ...told, vsock: { cid: 1 }, silence: { [code]: "meant" } } })).told).toEqual([
      "bad-cid hosts.h.vms.a.vsock.cid",
    ]);
  });

  it.each([
    ["an error", { "duplicate-mac": "no" }, "bad-value", "duplicate-mac", /^Fix the error/],
    ["an unknown code", { "no-logn": "no" }, "bad-value", "no-logn", /^Did you mean "no-login"\?$/],
    ["a name that every object has", { constructor: "no" }, "bad-value", "constructor", /^Use one of /],
    ["a warning for no reason", { "no-login": " " }, "bad-value", "no-login", /^Give the reason/],
    ["a warning by a number", { "no-login": 1 }, "wrong-type", "no-login", /^Write text/],
  ])("of %s is an error", (_, silence, expected, key, remedy) => {
    for (const [input, path] of [
      [config({ a: { silence } }), ["hosts", "h", "vms", "a"]],
      [config({}, { silence }), ["hosts", "h"]],
      [config({}, {}, { silence }), []],
    ] as const)
      expect(planConfig(input, emptyLock)).toMatchObject({
        left: [{ code: expected, path: [...path, "silence", key], remedy: expect.stringMatching(remedy) as unknown }],
      });
  });

  it("has the codes of warnings in its type", () => {
    expectTypeOf<"no-login">().toExtend<WarningCode>();
    expectTypeOf<"duplicate-mac">().not.toExtend<WarningCode>();
    // @ts-expect-error -- it is no-login
    const vm: Vm = { silence: { "no-logn": "x" } };
    expect(heard(config({ a: vm })).told).toHaveLength(1);
  });
});
