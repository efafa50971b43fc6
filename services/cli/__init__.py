"""`ascip-sync`: the verbs for people and scripts."""
