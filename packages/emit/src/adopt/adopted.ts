/** A part of the old host that the config does not have, and why. */
export interface Note {
  /** The VM; null for the host. */
  readonly vm: string | null;
  /** The option or setting. */
  readonly subject: string;
  /** A clause without a full stop. */
  readonly reason: string;
}

/** Settings as data. */
export type Settings = Readonly<Record<string, unknown>>;

/** A VM as settings of a config. */
export interface AdoptedVm {
  readonly name: string;
  readonly settings: Settings;
  /** Options below `microvm` that the settings replace. */
  readonly options: ReadonlySet<string>;
  /** Files of systemd-networkd in the guest that the settings replace. */
  readonly networks: ReadonlySet<string>;
  readonly notes: readonly Note[];
}
