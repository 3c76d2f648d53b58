/** A service as a file that systemd reads, of what NixOS's options say. */

type Value = string | number | boolean | null;

/** What `systemd.services.NAME.serviceConfig` is, and `unitConfig`. */
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
