"""One hop of RADIUS: octets in, a verdict out. Never imports store, federation or anything of the web."""
