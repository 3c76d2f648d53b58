export const lockSuffix = ".lock.json";

/**
 * The file name of a config's lock: `home.lock.json` for `home.config.ts`, `lab.yaml.lock.json` for `lab.yaml`. Unique
 * per config.
 */
export const lockNameOf = (config: string): string => `${config.replace(/(?<=.)\.config\.ts$/, "")}${lockSuffix}`;
