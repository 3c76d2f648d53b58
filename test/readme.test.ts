/** Configs and programs of READMEs work, and print the output that is shown. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import * as library from "microvm-emit";
import { describe, expect, it, vi } from "vitest";
import { emitted, hostModule } from "./nix/emitted.js";
import { evalFlake, nixes } from "./nix/harness.js";
import { guestConfig, guestNetwork, type GuestNetwork, networksOfGuest } from "./nix/identity.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, block = ""]) => block);

it("emits and evaluates the config of the README", async () => {
  const [config = ""] = blocks.filter((block) => block.includes("export default"));
  const jiti = createJiti(import.meta.url, { virtualModules: { "microvm-emit": library } });
  const { default: loaded } = (await jiti.evalModule(config, {
    filename: fileURLToPath(new URL("../microvm.config.ts", import.meta.url)),
    async: true,
  })) as { default: library.Config };
  const [nix] = nixes();
  if (nix === undefined) throw new Error("no nix");
  const told = (await evalFlake(
    emitted(loaded, { "configuration.nix": hostModule }),
    "nixosConfigurations.workstation",
    {
      nix,
      apply: `system: assert system.config.system.build.toplevel.drvPath != "";
        ${guestNetwork} (${guestConfig} system.config.microvm.vms.projectvm)`,
    },
  )) as GuestNetwork;
  expect(networksOfGuest(told)["10-e"]?.["Network.Address"]).toEqual(["192.168.83.2/24"]);
  for (const command of ["up", "agent"]) expect(readme).toContain(`microvm-emit ${command} projectvm `);
});

describe.each(["packages/microvm-model/README.md", "packages/emit/README.md"])("%s", (page) => {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), "utf8");
  const programs = [...text.matchAll(/```ts\n((?:(?!```)[^])*)```\n\n```text\n([^]*?)```/g)].map(
    ([, program = "", output = ""]) => [program, output] as const,
  );
  const configs = [...text.matchAll(/```ts\n((?:(?!```)[^])*export default[^]*?)```/g)].map(
    ([, config = ""]) => config,
  );
  const jiti = createJiti(import.meta.url);
  const evaluate = (source: string): unknown =>
    jiti.evalModule(source, { filename: fileURLToPath(new URL("readme.ts", import.meta.url)), async: true });

  it("has only configs and programs with output", () => {
    expect(programs.length).toBeGreaterThan(0);
    expect(programs.length + configs.length).toBe([...text.matchAll(/```ts\n/g)].length);
  });

  it.each(programs)("prints the output of program %#", async (program, output) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    await evaluate(program);
    const printed = log.mock.calls.map((words) => words.join(" ")).join("\n");
    log.mockRestore();
    expect(`${printed}\n`).toBe(output);
  });

  it.each(configs)("emits config %#", async (source) => {
    const { default: config } = (await evaluate(source)) as { default: library.Config };
    expect(library.emit(config)).toMatchObject({ _tag: "Right" });
  });
});
