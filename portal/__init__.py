"""People: the guest, business and staff applications. Never imports federation, and of radius only its pure parts."""
