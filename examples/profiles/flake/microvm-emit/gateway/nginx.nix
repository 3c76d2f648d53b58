# The configuration of nginx. Keys are not in it: nginx reads them from files in memory.
{
  facts,
  lib,
  runtime,
}:
let
  quote = text: "\"${text}\"";

  # The error formats of Anthropic and OpenAI both allow this form.
  errorOf =
    message:
    "'${
      builtins.toJSON {
        type = "error";
        error = {
          type = "gateway_error";
          message = "microvm-emit: ${message}";
        };
      }
    }'";

  # Request headers that identify a caller, belong to one connection, or name an origin.
  dropped = [
    "Authorization"
    "Proxy-Authorization"
    "X-Api-Key"
    "Api-Key"
    "X-Goog-Api-Key"
    "Cookie"
    "Keep-Alive"
    "Proxy-Connection"
    "TE"
    "Forwarded"
    "X-Forwarded-For"
    "X-Forwarded-Host"
    "X-Forwarded-Proto"
    "X-Real-IP"
  ];

  # `geo` compares the source address in its binary form, and reads no header.
  geo = name: fallback: lines: ''
    geo ${"$" + name} {
      default ${quote fallback};
      ${lib.concatStringsSep "\n  " lines}
    }
  '';
  vms = geo "vm" "-" (lib.mapAttrsToList (address: name: "${address} ${quote name};") facts.names);

  serverOf =
    name:
    {
      host,
      hostPort,
      port,
      header,
      prefix,
      caFile,
    }:
    let
      # A zone has one rate. VMs without a limit have no key in any zone.
      limits = lib.groupBy ({ limit, ... }: toString limit) (
        builtins.filter ({ limit, ... }: limit != null) rights
      );
      zoneOf = limit: "limit_${name}_${limit}";
      listens = builtins.filter (lib.hasSuffix ":${toString port}") facts.listen;
      rights = facts.rights.${name};
      isDropped = one: lib.toLower one != lib.toLower header;
    in
    ''

      ${geo "upstream_${name}" "" (
        lib.concatMap (
          right: map (address: "${address} ${facts.upstreamOf name right.name};") right.addresses
        ) rights
      )}
      ${geo "key_${name}" "" [ "include ${runtime}/${name}.keys;" ]}
      ${lib.concatStrings (
        lib.mapAttrsToList (limit: limited: ''
          ${geo (zoneOf limit) "" (
            lib.concatMap (right: map (address: "${address} ${quote right.name};") right.addresses) limited
          )}
          limit_req_zone ${"$" + zoneOf limit} zone=${zoneOf limit}:1m rate=${limit}r/m;
        '') limits
      )}
      server {
        ${lib.concatMapStringsSep "\n  " (address: "listen ${address};") listens}
        set $provider ${name};

        # Outside of `location`, so that it also applies to "*" and the target of CONNECT.
        if ($request_method !~ ^(GET|HEAD|POST|PUT|PATCH|DELETE)$) {
          return 405 ${errorOf "this method is not allowed"};
        }
        if ($upstream_${name} = "") {
          return 403 ${errorOf "this VM has no key for ${name}"};
        }
        if ($key_${name} = "") {
          return 502 ${errorOf "the host has no key for ${name}: its key file is missing, or is not a single line"};
        }

        location / {
          ${lib.concatMapStringsSep "\n    " (
            limit: "limit_req zone=${zoneOf limit} burst=${limit} nodelay;"
          ) (builtins.attrNames limits)}
          # With a variable, nginx leaves the path as the VM wrote it.
          proxy_pass https://$upstream_${name}$request_uri;
          proxy_ssl_name ${host};
          proxy_ssl_trusted_certificate ${caFile};
          proxy_set_header Host ${if hostPort == 443 then host else "${host}:${toString hostPort}"};
          proxy_set_header Connection $sent_connection;
          proxy_set_header Upgrade $sent_upgrade;
          proxy_set_header ${header} "${prefix}$key_${name}";
          ${lib.concatMapStringsSep "\n    " (one: "proxy_set_header ${one} \"\";") (
            builtins.filter isDropped dropped
          )}
        }
        error_page 429 @limited;
        location @limited {
          add_header Retry-After 60 always;
          return 429 ${errorOf "this VM reached its limit of requests a minute for ${name}"};
        }
        error_page 502 504 @unreachable;
        location @unreachable {
          return 502 ${errorOf "the host cannot reach ${host}, or its certificate is not valid"};
        }
      }
    '';
in
''
  daemon off;
  pid ${runtime}/nginx.pid;
  worker_processes auto;
  worker_shutdown_timeout 4h;
  # The messages of other levels contain query strings.
  error_log stderr emerg;
  events {
    worker_connections 16384;
  }
  http {
    default_type application/json;
    server_tokens off;
    map $http_upgrade $sent_upgrade {
      default "";
      websocket websocket;
    }
    map $sent_upgrade $sent_connection {
      default "";
      websocket upgrade;
    }
    map $request_uri $request_path {
      "~^(?<before>[^?]*)" $before;
    }
    # No query strings, headers or bodies. The path is last, because journald cuts long lines.
    log_format vm escape=json 'vm=$vm provider=$provider method=$request_method status=$status bytes_in=$request_length bytes_out=$bytes_sent seconds=$request_time path="$request_path"';
    access_log syslog:server=unix:/run/systemd/journal/dev-log,nohostname,tag=microvm_gateway vm;

    client_body_temp_path ${runtime}/body;
    proxy_temp_path ${runtime}/proxy;
    fastcgi_temp_path ${runtime}/fastcgi;
    uwsgi_temp_path ${runtime}/uwsgi;
    scgi_temp_path ${runtime}/scgi;

    limit_req_status 429;
    client_max_body_size 512m;
    large_client_header_buffers 8 32k;
    client_header_timeout 30s;
    client_body_timeout 10m;
    keepalive_timeout 5m;
    keepalive_requests 100000;

    proxy_http_version 1.1;
    proxy_buffering off;
    proxy_request_buffering off;
    proxy_buffer_size 32k;
    proxy_buffers 4 32k;
    proxy_redirect off;
    proxy_socket_keepalive on;
    proxy_connect_timeout 10s;
    # A model can think for minutes before the next byte.
    proxy_read_timeout 30m;
    proxy_send_timeout 30m;
    proxy_ignore_headers X-Accel-Buffering X-Accel-Charset X-Accel-Expires X-Accel-Limit-Rate X-Accel-Redirect;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_server_name on;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 6;

    ${vms}
    # The addresses of the APIs.
    include ${runtime}/upstreams;
  ${lib.concatStrings (lib.mapAttrsToList serverOf facts.providers)}}
''
