export const lockSuffix = ".lock.json";

/**
 * The name of a config's lock, which is beside the config: `home.lock.json` of `home.config.ts`, `lab.yaml.lock.json` of
 * `lab.yaml`. No two configs share one.
 */
export const lockNameOf = (config: string): string => `${config.replace(/(?<=.)\.config\.ts$/, "")}${lockSuffix}`;
