# Functions for absolute paths of folders.
{ lib }:
rec {
  # The folders of a path, outermost first: "/a", "/a/b", "/a/b/c".
  stepsOf =
    path:
    let
      names = builtins.filter (name: builtins.isString name && name != "") (builtins.split "/" path);
    in
    builtins.foldl' (
      steps: name: steps ++ [ "${if steps == [ ] then "" else lib.last steps}/${name}" ]
    ) [ ] names;

  # The folders between an outer folder and a path in it.
  between =
    outer: path: builtins.filter (step: lib.hasPrefix "${outer}/" step && step != path) (stepsOf path);
}
