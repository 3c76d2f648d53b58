# Base64 of ASCII text, which line breaks fill up to whole groups.
{ lib }:
let
  inherit (builtins) bitAnd elemAt substring;
  inherit (lib.strings) charToInt;
  digits = lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  # By the 12 bits that two digits stand for.
  pairs = lib.concatMap (first: map (second: first + second) digits) digits;
in
text:
let
  groups = (builtins.stringLength text + 2) / 3;
  padded = text + "\n\n";
  encode =
    group:
    let
      bits =
        charToInt (substring (3 * group) 1 padded) * 65536
        + charToInt (substring (3 * group + 1) 1 padded) * 256
        + charToInt (substring (3 * group + 2) 1 padded);
    in
    elemAt pairs (bits / 4096) + elemAt pairs (bitAnd bits 4095);
in
lib.concatStrings (lib.genList encode groups)
