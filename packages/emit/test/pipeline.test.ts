import { describe, expect, it } from "vitest";
import { type Config, type ConfigFunction, defineConfig, emit, resolveConfig } from "../src/index.js";

const config: Config = {
  hosts: {
    h: {
      system: "x86_64-linux",
      stateVersion: "26.05",
      user: { name: "alice" },
      bridges: { br0: { address: "10.0.0.1/24" } },
      vms: { a: {} },
    },
  },
};

const pathsOf = (result: ReturnType<typeof emit>): readonly string[] =>
  result._tag === "Left" ? result.left.map(({ message }) => message) : result.right.files.map(({ path }) => path);

describe("emit", () => {
  it("accepts configs and unknown data, but no function or promise", () => {
    expect(pathsOf(emit(config))).toContain("flake.nix");
    expect(pathsOf(emit(JSON.parse(JSON.stringify(config)) as unknown))).toContain("flake.nix");
    // @ts-expect-error -- a function is no config yet
    expect(pathsOf(emit(() => config))).toEqual(["Expected a config, found a function"]);
    // @ts-expect-error -- a promise is no config yet
    expect(pathsOf(emit(Promise.resolve(config)))).toEqual(["Expected a config, found a promise"]);
    // @ts-expect-error -- it is `vms`
    expect(emit({ hosts: { h: { stateVersion: "26.05", user: { name: "alice" }, vmss: {} } } })._tag).toBe("Left");
    const either: Config | ConfigFunction = defineConfig(() => config);
    // @ts-expect-error -- it may be a function
    expect(pathsOf(emit(either))).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof resolveConfig>[0]]>([
    ["a config", config],
    ["a promise", Promise.resolve(config)],
    ["a function", ({ env }) => ({ ...config, description: env["NAME"] ?? "" })],
    ["an async function", async ({ configDir }) => Promise.resolve({ ...config, description: configDir })],
  ])("accepts the result of resolveConfig for %s", async (_, given) => {
    const resolved = await resolveConfig(given, { env: { NAME: "mine" }, configDir: "/etc/nixos" });
    expect(pathsOf(emit(resolved))).toContain("flake.nix");
    expect([undefined, "mine", "/etc/nixos"]).toContain(resolved.description);
  });
});
