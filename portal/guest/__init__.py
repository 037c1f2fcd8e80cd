"""The guests' views, one file per resource. Nothing is decided here: see portal/cases."""
