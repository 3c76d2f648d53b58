/** The README's config is one that works. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import * as library from "microvm-emit";
import { expect, it } from "vitest";
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
  expect(readme).toContain("ssh -a -x 192.168.83.2 ");
});
