# Functions for absolute paths of folders.
{ lib }:
rec {
  # All parents of a path and the path, outermost first: "/a", "/a/b", "/a/b/c".
  stepsOf =
    path:
    let
      names = builtins.filter (name: name != "") (
        builtins.filter builtins.isString (builtins.split "/" path)
      );
      walk = builtins.foldl' (
        { at, steps }:
        name:
        let
          next = "${at}/${name}";
        in
        {
          at = next;
          steps = steps ++ [ next ];
        }
      );
    in
    (walk {
      at = "";
      steps = [ ];
    } names).steps;

  # The folders between `outer` and `path`, without both.
  between =
    outer: path: builtins.filter (step: lib.hasPrefix "${outer}/" step && step != path) (stepsOf path);

  # home-manager finds the files of the previous generation by a root in this folder, to delete them.
  homeManagerRoots = home: "${home}/.local/state/home-manager/gcroots";
}
