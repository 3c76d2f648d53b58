# Option for the API keys of a VM.
{ lib }:
let
  inherit (lib) literalExpression mkOption types;
  record = import ../record.nix { inherit lib; };
  file = types.either types.path types.str;
  key =
    types.coercedTo file (file: { inherit file; }) (record {
      file = mkOption {
        type = file;
        example = "/run/secrets/anthropic";
        description = "File of the host that contains only the key. systemd reads it as root, so no other user needs access.";
      };
      requestsPerMinute = mkOption {
        type = types.nullOr types.ints.positive;
        default = null;
        example = 60;
        description = "Limit for requests of the VM to the API. With null, the number is unlimited. Further requests get status 429. A burst can contain the requests of one minute.";
      };
    })
    // {
      description = "attribute set, string or path";
    };
in
{
  keys = mkOption {
    type = types.attrsOf key;
    default = { };
    example = literalExpression "{ anthropic = config.age.secrets.anthropic.path; }";
    description = ''
      API keys that a proxy on the host adds to requests of the VM. The keys never enter the VM.

      The names are those of `microvm-emit.gateway.providers`. The values are files of the host that contain only the key, with or without a limit of requests. The VM sends requests to `http://ADDRESS:PORT`: the host's address in the network of the VM, and the `port` of the provider. The network policy opens this port for the VM. Programs in the VM need this URL, for example with `environment.ANTHROPIC_BASE_URL = "http://192.168.83.1:5381"`, and any text as their key.
    '';
  };
}
