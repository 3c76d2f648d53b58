# The unpacked Debian packages. `tree/unpack.sh` makes their store path, so this derivation is never built.
{ system, hash }:
derivation {
  name = "debian-tree";
  inherit system;
  builder = "/does-not-run";
  outputHashMode = "recursive";
  outputHashAlgo = "sha256";
  outputHash = hash;
}
