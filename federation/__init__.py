"""Many hops: realms, home institutions, trust, statistics. Never imports store, portal or anything of the web."""
