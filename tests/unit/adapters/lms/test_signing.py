"""Signatures made by somebody else, for a secret, a time and nonces that are known."""

import pytest

from shared.adapters.lms.signing import Query, Signer, encoded

SECRET = "s3cr3t-key-for-test-vectors"


@pytest.mark.parametrize(
    ("method", "query", "nonce", "body", "signature"),
    [
        (
            "GET",
            (("pageSize", "200"), ("page", "2")),
            "n-0001",
            "",
            "de1e38894a07fc13a96440d1d995c921095669eeedea29b74e72650f41e33c3c",
        ),
        (
            "POST",
            (),
            "n-0002",
            '{"email":"zoë@example.org","firstName":"Zoë"}',
            "0191347694949bef89022994392a874f16be02f1074039f88246b41c01a199bb",
        ),
        (
            "GET",
            (("status", "all"), ("email", "a+b@example.org")),
            "n-0003",
            "",
            "14a8b158c87a957b663323e9c2d237da6a5141a081f645cb8bb090920bdda7c1",
        ),
    ],
)
def test_signatures_are_those_of_the_contract(
    method: str, query: Query, nonce: str, body: str, signature: str
) -> None:
    signer = Signer("key", SECRET, lambda: 1763600000.9, lambda: nonce)
    headers = signer.headers(method, "/api/v1/people", query, body.encode())
    assert headers == {
        "X-Ascip-Key": "key",
        "X-Ascip-Timestamp": "1763600000",
        "X-Ascip-Nonce": nonce,
        "X-Ascip-Signature": signature,
    }


def test_a_query_is_encoded_after_rfc_3986_and_sorted_by_name_then_value() -> None:
    query = (("b", "x y"), ("a", "2~"), ("a", "1/+"))
    assert encoded(query) == "a=1%2F%2B&a=2~&b=x%20y"
