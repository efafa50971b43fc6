"""A certificate that is no good: nothing is sent and the cause is said; whom to trust this machine says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.adapters.lms.conformance.caller import Caller
from shared.adapters.lms.conformance.judging import NoAnswer
from shared.adapters.lms.probes import Access, probe
from shared.adapters.lms.retry import Retry
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.action import Action, ActionClass, Change, Kind
from shared.domain.errors import Transient
from shared.ports.target import Attempt, OutcomeStatus
from tests.fakes.owner import always
from tests.fakes.tls import Authority, TlsListener

Listen = Callable[[Path], TlsListener]
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def trusted(folder: Path) -> Authority:
    return Authority(folder, "trusted")


@pytest.fixture(autouse=True)
def _trust(trusted: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """On this machine one authority is trusted and no other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))


@pytest.fixture
def listen() -> Iterator[Listen]:
    made: list[TlsListener] = []

    def listening(certificate: Path) -> TlsListener:
        made.append(TlsListener(certificate))
        return made[-1]

    yield listening
    for listener in made:
        listener.close()


def bad(case: str, trusted: Authority, folder: Path) -> Path:
    match case:
        case "expired":
            return trusted.certificate(HERE, days=(-9, -1))
        case "not yet valid":
            return trusted.certificate(HERE, days=(1, 9))
        case "of somebody else":
            return trusted.certificate(ELSEWHERE)
        case _:
            return Authority(folder, "unknown").certificate(HERE)


WORDS = {
    "expired": "its certificate has expired",
    "not yet valid": "its certificate is not valid yet, by this machine's clock",
    "of somebody else": "its certificate is for another name",
    "of nobody we know": "its certificate is not trusted",
}


def lms(listener: TlsListener) -> AscipLms:
    settings = LmsSettings(
        base_url=listener.base_url, key_id="key", secret="secret", rate_per_s=0, timeout_s=5
    )
    return AscipLms(settings, retry=Retry(attempts=2, base_s=0.01))


def add() -> Attempt:
    change = Change(path="email", before=None, after="zoe@lincoln.example")
    action = Action(
        kind=Kind.ADD, action_class=ActionClass.ADDS, person_key="N1", ascip_id=None, group_id=None,
        changes=(change,),
    )  # fmt: skip
    return Attempt(action=action, ascip_id=None)


@pytest.mark.parametrize("case", WORDS)
def test_nothing_is_sent_and_each_cause_has_its_words(
    listen: Listen, trusted: Authority, folder: Path, case: str
) -> None:
    listener = listen(bad(case, trusted, folder))
    target = lms(listener)
    with pytest.raises(Transient, match=WORDS[case]) as caught:
        target.list_people()
    (outcome,) = target.apply([add()], may_send=always)
    target.close()
    assert caught.value.code == "unreachable"
    # Not `unknown`: it can't have happened, so nothing has to be looked for, and nothing has failed.
    assert (outcome.status, outcome.code) == (OutcomeStatus.TRANSIENT, "unreachable")
    (finding,) = probe(
        Access(base_url=listener.base_url, key_id="key", secret="secret", rate_per_s=1)
    ).look()
    assert WORDS[case] in finding.detail
    caller = Caller(listener.base_url, "key", "secret", may_write=True)
    with pytest.raises(NoAnswer, match=WORDS[case]):
        caller.send("POST", "/people", body={})
    caller.close()
    assert listener.requests == []


def test_whom_this_machine_trusts_is_trusted_by_the_runs_and_by_the_checks(
    listen: Listen, trusted: Authority
) -> None:
    """A district's own authority is added to the machine, and then all of them see it."""
    listener = listen(trusted.certificate(HERE))
    target = lms(listener)
    with pytest.raises(Transient) as caught:
        target.list_people()
    target.close()
    assert caught.value.code == "garbled_answer", "an empty object came: it was let through"
    access = Access(base_url=listener.base_url, key_id="key", secret="secret", rate_per_s=1)
    assert next(iter(probe(access).look())).name == "ascip"
    assert "certificate" not in next(iter(probe(access).look())).detail
    caller = Caller(listener.base_url, "key", "secret", may_write=False)
    assert caller.send("GET", "/tenant").status == 200
    caller.close()
    assert len(listener.requests) >= 4
