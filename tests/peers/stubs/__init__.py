"""Controllers' APIs as the facts describe them, each a real HTTPS server that refuses every field it does not know."""
