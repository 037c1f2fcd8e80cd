"""What the pages do, without Flask: each takes a store session and values, and never a request."""
