import { collect } from "@microvm-emit/model/internal";

/** A part of an old host that a config does not have, with the reason. */
export interface Note {
  /** The VM; null for the host. */
  readonly vm: string | null;
  /** The option or setting. */
  readonly subject: string;
  /** A clause without a full stop. */
  readonly reason: string;
}

/** One line for each note, with its VMs. */
export const noteLines = (notes: readonly Note[]): readonly string[] =>
  [...collect(notes.map(({ vm, subject, reason }) => [`${subject} ${reason}`, vm ?? "host"]))].map(
    ([sentence, vms]) => `${vms.join(", ")}: ${sentence}`,
  );
