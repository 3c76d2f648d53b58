# Functions for absolute paths of folders.
{ lib }:
rec {
  # All parents of a path and the path, outermost first: "/a", "/a/b", "/a/b/c".
  stepsOf =
    path:
    let
      names = builtins.filter (name: builtins.isString name && name != "") (builtins.split "/" path);
    in
    builtins.foldl' (
      steps: name: steps ++ [ "${if steps == [ ] then "" else lib.last steps}/${name}" ]
    ) [ ] names;

  # The folders between `outer` and `path`, without both.
  between =
    outer: path: builtins.filter (step: lib.hasPrefix "${outer}/" step && step != path) (stepsOf path);
}
