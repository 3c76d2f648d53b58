import { type Expr, nix } from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";

/** `lib/confined.nix`: what keeps root's scripts about folders and files to these. */
export const confined = (): NixFile => ({ kind: "nix", path: "lib/confined.nix", expr: settings() });

const settings = (): Expr => nix`
# What a service does without that makes and copies files, as root and anywhere: homes and /tmp stay in its sight, and folders
# may take over the setgid bit of what they are in.
{
  CapabilityBoundingSet = [
    "CAP_CHOWN"
    "CAP_DAC_OVERRIDE"
    "CAP_FOWNER"
    "CAP_FSETID"
  ];
  LockPersonality = true;
  MemoryDenyWriteExecute = true;
  NoNewPrivileges = true;
  PrivateDevices = true;
  PrivateNetwork = true;
  ProcSubset = "pid";
  ProtectClock = true;
  ProtectControlGroups = true;
  ProtectHostname = true;
  ProtectKernelLogs = true;
  ProtectKernelModules = true;
  ProtectKernelTunables = true;
  ProtectProc = "invisible";
  # By which nscd tells whose a name is.
  RestrictAddressFamilies = [ "AF_UNIX" ];
  RestrictNamespaces = true;
  RestrictRealtime = true;
  SystemCallArchitectures = "native";
  SystemCallErrorNumber = "EPERM";
  SystemCallFilter = [
    "@system-service"
    "~@resources"
  ];
}
`;
