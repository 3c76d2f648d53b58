# Options of the proxy for API keys.
{ lib, pkgs, ... }:
let
  inherit (lib) literalExpression mkOption types;
  known = lib.importJSON ./providers.json;

  provider.options = {
    host = mkOption {
      type = types.strMatching "[a-zA-Z0-9.-]+";
      example = "api.anthropic.com";
      description = "Host name of the API. Its TLS certificate must have this name.";
    };
    hostPort = mkOption {
      type = types.port;
      default = 443;
      description = "TLS port of the API.";
    };
    port = mkOption {
      type = types.port;
      example = 5381;
      description = "Port of the proxy on the host's address in the network of the VM. Each provider needs its own.";
    };
    header = mkOption {
      type = types.strMatching "[a-zA-Z0-9-]+";
      example = "x-api-key";
      description = "Header of the request with the key.";
    };
    prefix = mkOption {
      type = types.strMatching "[a-zA-Z]* ?";
      default = "";
      example = "Bearer ";
      description = "Text before the key in the header.";
    };
    caFile = mkOption {
      type = types.str;
      default = "/etc/ssl/certs/ca-certificates.crt";
      description = "Certificates of the authorities that can sign the certificate of the API.";
    };
  };
in
{
  options.microvm-emit.gateway = {
    providers = mkOption {
      type = types.attrsOf (types.submodule provider);
      defaultText = literalExpression "lib.importJSON ./gateway/providers.json";
      description = "APIs for `microvm-emit.vms.<name>.keys`, by name. Your own are added to the known ones: ${
        lib.concatStringsSep ", " (
          lib.mapAttrsToList (name: { port, ... }: "`${name}` (port ${toString port})") known
        )
      }.";
      example = literalExpression ''
        {
          example = {
            host = "api.example.org";
            port = 5400;
            header = "authorization";
            prefix = "Bearer ";
          };
        }
      '';
    };
    package = mkOption {
      type = types.package;
      default = pkgs.nginx;
      defaultText = literalExpression "pkgs.nginx";
      description = "Package of nginx.";
    };
  };

  config.microvm-emit.gateway.providers = builtins.mapAttrs (
    _: builtins.mapAttrs (_: lib.mkDefault)
  ) known;
}
