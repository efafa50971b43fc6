"""Web addresses: https alone, a sound host, no credentials."""

import pytest

from shared.domain.feeds.web_address import web_address_fault


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com", "https://example.com/", "HTTPS://Example.COM/a/b.pdf",
        "https://sds.example.com:1/x", "https://example.com:65535", "https://intranet/sds?id=7",
        "https://example.com?x=1", "https://example.com#p", "https://example.com./x",
        "https://192.168.0.7/x", "https://[2001:db8::1]:8443/x", "https://xn--mnchen-3ya.de/",
        "https://example.com/a@b/c", "https://example.com/a%20b,c;d=(e)!", "https://my_host.example/",
        f"https://{'a' * 63}.example/",
    ],
)  # fmt: skip
def test_sound_addresses_pass(address: str) -> None:
    assert web_address_fault(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com", "ftp://example.com", "https:/example.com", "https:example.com",
        "example.com", "//example.com", "javascript:alert(1)", "file:///etc/passwd", " https://example.com",
        "https://", "https:///x", "https://:443/", "https://?x", "https://#x",
        "https://user@example.com", "https://user:secret@example.com/", "https://@example.com/",
        "https://example.com:0/", "https://example.com:65536/", "https://example.com:/", "https://example.com:x/",
        "https://exa mple.com/", "https://example..com/", "https://-example.com/", "https://example-.com/",
        "https://256.1.1.1/", "https://1.2.3/", "https://[::1/", "https://[nonsense]/", "https://m\u00fcnchen.de/",
        f"https://{'a' * 64}.example/", f"https://{'a.' * 127}example/",
        "https://example.com/a b", "https://example.com/\u00e9", "https://example.com\\@evil.example/",
        "https://example.com/%zz", "https://example.com/<x>", "https://example.com/a\nb",
    ],
)  # fmt: skip
def test_others_do_not(address: str) -> None:
    assert web_address_fault(address) is not None


@pytest.mark.parametrize(
    ("address", "word"),
    [("http://a.example", "https://"), ("https://u:p@a.example", "password"),
     ("https://a..example", "host"), ("https://a.example/ ", "character")],
)  # fmt: skip
def test_the_fault_says_which_part(address: str, word: str) -> None:
    assert word in (web_address_fault(address) or "")
