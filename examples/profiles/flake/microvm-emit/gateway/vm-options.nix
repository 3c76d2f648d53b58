# Option for the API keys of a VM.
{ lib }:
let
  inherit (lib) literalExpression mkOption types;
in
{
  keys = mkOption {
    type = types.attrsOf (types.either types.path types.str);
    default = { };
    example = literalExpression "{ anthropic = config.age.secrets.anthropic.path; }";
    description = ''
      API keys that the VM uses but never has.

      The names are those of `microvm-emit.gateway.providers`, the values are files of the host. A file contains only the key. A proxy on the host adds it to the requests of this VM at `http://ADDRESS:PORT`: the host's address in the network of the VM, and the `port`
      of the provider, which the network policy opens for this VM.
    '';
  };
}
