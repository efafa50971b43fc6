"""Judges an LMS by the contract, rule by rule: `Checker` stands behind the `Conformance` port."""
