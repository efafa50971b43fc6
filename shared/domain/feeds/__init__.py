"""One module per feed: its dictionary, rules and target."""
