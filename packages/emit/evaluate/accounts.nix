# The users of a machine that log in, with their keys.
config:
let
  inherit (builtins) attrNames filter mapAttrs;
  inherit (config.users) groups users;
  others = filter (name: !(users.${name}.isNormalUser or false)) (attrNames users);
in
mapAttrs (_: user: {
  inherit (user) uid group home;
  gid = groups.${user.group}.gid or null;
  keys = user.openssh.authorizedKeys.keys;
}) (removeAttrs users others)
