import type { Note } from "../report/adoption-notes.js";

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
