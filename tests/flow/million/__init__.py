"""A million accounting records: a city's sessions and the ledger they must come to, and the two processes that are killed."""
