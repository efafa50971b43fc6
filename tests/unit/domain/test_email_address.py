"""Which addresses may be one mailbox (what is valid stands in the tests of rows)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.email_address import clash_key


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("ann.lee@lincoln.example", "annlee@lincoln.example"),
        (" Ann.Lee+x+y@LINCOLN.example ", "annlee@lincoln.example"),
        ("\uff41nn@lincoln.example", "ann@lincoln.example"),
        ("+x@lincoln.example", "+x@lincoln.example"),
        ("an.n", "an.n"),
    ],
)
def test_the_key_is_the_mailbox(address: str, key: str) -> None:
    assert clash_key(address) == key


@given(st.one_of(st.text(), st.from_regex(r"[aA.+\uff0b\u0345]{0,6}@[bB.]{0,3}", fullmatch=True)))
def test_a_key_is_its_own_key(address: str) -> None:
    assert clash_key(clash_key(address)) == clash_key(address)
