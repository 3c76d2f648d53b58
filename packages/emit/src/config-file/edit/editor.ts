import type { ConfigPath } from "@microvm-emit/model";
import type { Place } from "../../report/place.js";

/** A value to write: text, a list, an object of texts, or an agent of the catalogue, which TypeScript names by a function. */
export type Setting =
  string | readonly Setting[] | { readonly catalogue: string } | { readonly fields: Readonly<Record<string, string>> };

/** The settings of a VM to write, in this order. */
export type Settings = readonly (readonly [name: string, value: Setting])[];

/** A VM of a config. */
export interface VmAt {
  readonly host: string;
  readonly name: string;
}

/** Edits the text of a config in one format. Its functions throw {@link NotEditable}. */
export interface Editor {
  readonly add: (vm: VmAt, settings: Settings) => void;
  /**
   * Adds a VM with the text of another one, without the settings at `leftOut`. Returns those that the text does not
   * contain.
   */
  readonly addCopy: (vm: VmAt, of: VmAt, leftOut: readonly ConfigPath[], settings: Settings) => readonly ConfigPath[];
  readonly remove: (vm: VmAt) => void;
  readonly rename: (vm: VmAt, name: string, settings: Settings) => void;
  readonly move: (vm: VmAt, host: string) => void;
  /** Adds a text to a list of a VM, which has these items. */
  readonly append: (vm: VmAt, setting: string, present: readonly unknown[], item: string) => void;
  /** Replaces a text at a config path, if the source has it there. */
  readonly replaceText: (path: ConfigPath, from: string, to: string) => void;
  /** The source of a VM, on one line. */
  readonly print: (name: string, settings: Settings) => string;
}

/** A part of a config that must be edited by hand. */
export class NotEditable extends Error {
  readonly place: Place | undefined;

  /** @param message the reason, a clause such as "`vms` is not written as an object". */
  constructor(message: string, place: Place | undefined) {
    super(message);
    this.place = place;
  }
}

export const vmPath = ({ host, name }: VmAt): readonly string[] => ["hosts", host, "vms", name];
