"""The staff app's views and what they share. Each view names the permission it needs; nothing here speaks RADIUS."""
