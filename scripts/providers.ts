/** Writes the APIs of the model where the library's Nix reads them, by name. */
import { fileURLToPath } from "node:url";
import { providers } from "../packages/microvm-model/src/catalogue/providers.js";

export const providersJson = (): object => providers;

export const providersFile = fileURLToPath(new URL("../packages/emit/nix/gateway/providers.json", import.meta.url));
