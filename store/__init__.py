"""What must survive a restart: models, transactions, sealed secrets, the spool. Never imports radius, federation or Flask."""
