/** Puts the command together before any test, so that what they run is what is published. */
import { rolldown } from "rolldown";
import config from "../rolldown.config.js";

export default async (): Promise<void> => {
  const { output, ...input } = config;
  const bundle = await rolldown(input);
  await bundle.write(output);
  await bundle.close();
};
