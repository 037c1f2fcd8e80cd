"""NAS families: one pure file each. `FAMILIES` knows them all by the name that `[[client]] nas` gives."""
