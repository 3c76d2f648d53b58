import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type Home, homeSchema } from "./home.js";
import { id, object } from "../scalars/terms.js";

/**
 * The host's main user, as the host's NixOS configuration declares it. Guests use the same numeric ids, because
 * virtiofs transfers ids as numbers. A value here must agree with the host; NixOS reports a difference.
 */
export interface User {
  /**
   * The login name, on the host and in every guest.
   *
   * @example "alice"
   */
  readonly name: string;

  /**
   * The numeric user id on the host, as `id -u` prints it.
   *
   * @default the host's `users.users.NAME.uid`; 1000, NixOS's first id for a normal user, where that is null
   */
  readonly uid?: number | undefined;

  /**
   * The numeric id of the primary group on the host, as `id -g` prints it.
   *
   * @default the gid of the host's `users.users.NAME.group`, 100 for `users`
   */
  readonly gid?: number | undefined;

  /**
   * The name of the primary group.
   *
   * @default the host's `users.users.NAME.group`, which is `users` by default
   */
  readonly group?: string | undefined;

  /**
   * The home directory, on the host and in guests; `~/` in the config stands for it. Required if the host uses another
   * one.
   *
   * @default `/home/NAME`
   */
  readonly homeDirectory?: string | undefined;

  /**
   * Public keys that may log in to the guests over SSH, each a line of `authorized_keys`.
   *
   * @default []
   * @example ["ssh-ed25519 AAAAC3Nz… alice@workstation"]
   */
  readonly sshKeys?: readonly string[] | undefined;
}

/** An additional user of a guest. On shares, its files have the same ids on the host. */
export interface GuestUser {
  /** The numeric user id, unique in a VM. */
  readonly uid: number;

  /** The numeric id of the primary group. */
  readonly gid: number;

  /**
   * The name of the primary group.
   *
   * @default `users` for gid 100, as in NixOS; else the user's name
   */
  readonly group?: string | undefined;

  /**
   * Additional groups, of NixOS or of the VM's `groups`.
   *
   * @default []
   * @example ["wheel"]
   */
  readonly extraGroups?: readonly string[] | undefined;

  /**
   * The home directory in the guest.
   *
   * @default `/home/NAME`
   */
  readonly homeDirectory?: string | undefined;

  /**
   * Public keys that may log in over SSH, each a line of `authorized_keys`.
   *
   * @default []
   */
  readonly sshKeys?: readonly string[] | undefined;

  /**
   * The user's home-manager configuration: programs and modules.
   *
   * @default []
   * @example ["zsh"]
   */
  readonly home?: readonly Home[] | undefined;
}

/** An additional group of a guest. */
export interface GuestGroup {
  /** The numeric group id, unique in a VM. */
  readonly gid: number;
}

export const userSchema = object({
  name: scalar.userName,
  uid: id.optional(),
  gid: id.optional(),
  group: scalar.groupName.optional(),
  homeDirectory: scalar.guestPath.optional(),
  sshKeys: z.array(scalar.sshKey).default([]),
});

export const guestUserSchema = object({
  uid: id,
  gid: id,
  group: scalar.groupName.optional(),
  extraGroups: z.array(scalar.groupName).default([]),
  homeDirectory: scalar.guestPath.optional(),
  sshKeys: z.array(scalar.sshKey).default([]),
  home: z.array(homeSchema).default([]),
});

export const guestGroupSchema = object({ gid: id });
