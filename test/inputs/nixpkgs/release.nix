# Distinguishes versions of nixpkgs.
{ name = "25.11"; claude-code = "2.0.76"; }
