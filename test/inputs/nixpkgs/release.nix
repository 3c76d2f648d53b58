# What tells one nixpkgs from another.
{ name = "25.11"; claude-code = "2.0.76"; }
