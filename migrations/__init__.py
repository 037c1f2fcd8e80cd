"""How the store's shape changes, revision by revision. Run through `store.schema` only; never imports a room but store."""
