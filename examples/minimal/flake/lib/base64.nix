# Base64 of ASCII text, which line breaks fill up to whole groups.
{ lib }:
let
  digit = builtins.elemAt (
    lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  );
in
text:
let
  groups = (builtins.stringLength text + 2) / 3;
  padded = text + "\n\n";
  code = position: lib.strings.charToInt (builtins.substring position 1 padded);
  encode =
    group:
    let
      bits = code (3 * group) * 65536 + code (3 * group + 1) * 256 + code (3 * group + 2);
    in
    digit (bits / 262144)
    + digit (builtins.bitAnd (bits / 4096) 63)
    + digit (builtins.bitAnd (bits / 64) 63)
    + digit (builtins.bitAnd bits 63);
in
lib.concatStrings (lib.genList encode groups)
