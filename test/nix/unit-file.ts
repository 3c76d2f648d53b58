/** Converts a NixOS service to a systemd unit file. */

type Value = string | number | boolean | null;

/** The value of `systemd.services.NAME.serviceConfig` or `unitConfig`. */
export type ServiceConfig = Readonly<Record<string, Value | readonly Value[]>>;

export const unitFile = (serviceConfig: ServiceConfig, unitConfig: ServiceConfig = {}): string =>
  Object.entries({ Unit: unitConfig, Service: serviceConfig })
    .flatMap(([section, settings]) => [
      `[${section}]`,
      ...Object.entries(settings).flatMap(([name, value]) =>
        [value].flat().flatMap((item) => (item === null ? [] : [`${name}=${String(item)}`])),
      ),
      "",
    ])
    .join("\n");
