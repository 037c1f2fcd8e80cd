"""The pages of the shops: their adverts, figures and public page. Nothing here knows more than one shop at a time."""
