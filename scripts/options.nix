# The options of the library as data for their page: those of the host and those of guests. `lib` is that of nixpkgs.
lib:
let
  optionsIn =
    files:
    let
      module = file: {
        inherit
          (import (../packages/emit/nix + "/${file}") {
            inherit lib;
            config = { };
            options = { };
            pkgs = { };
            inputs = { };
          })
          options
          ;
      };
      evaluated = lib.evalModules { modules = map module files; };
      page =
        {
          name,
          type,
          description ? "",
          default ? null,
          example ? null,
          ...
        }:
        {
          inherit name type description;
          default = default.text or null;
          example = example.text or null;
        };
    in
    map page (
      builtins.filter ({ internal, visible, ... }: !internal && visible) (
        lib.optionAttrSetToDocList (removeAttrs evaluated.options [ "_module" ])
      )
    );
in
{
  host = optionsIn [
    "user.nix"
    "network/options.nix"
    "gateway/options.nix"
    "vm/default.nix"
  ];
  guest = optionsIn [
    "guest/agent.nix"
    "guest/page.nix"
    "guest/secrets.nix"
    "guest/ssh.nix"
    "guest/unpatched-binaries.nix"
    "guest/user.nix"
    "guest/writable-store.nix"
  ];
}
