"""The dates of a manifest, and what must be said of PCB items: checks of the rules of `epa_waste`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise

from shared.domain.feeds.epa_checks import items
from shared.domain.feeds.feed import Broken, Day, Payload

#: Manifests exist since the hazardous waste rules took effect (45 FR 33066).
_FIRST_MANIFESTS = "1980-11-19"

_ONE_DAY = ("shipped_on", "received_on", "generator_signed_on", "facility_signed_on")
_IN_ARTICLES = frozenset({"Container", "ArticleInContainer", "ArticleNotInContainer"})
_WITH_WASTE_TYPE = frozenset({"Container", "ArticleInContainer"})
_BULK = "BulkWaste"
_WORDS = frozenset({"pcb_waste_types", "pcb_bulk_identities"})
#: As the e-Manifest schema takes it: at most 11 digits before the point and 6 behind it.
_MOST_KILOGRAMS = Decimal(10) ** 11
_PCB_FIELDS = (
    "pcb_load_types", "pcb_article_ids", "pcb_removed_on", "pcb_weights",
    "pcb_waste_types", "pcb_bulk_identities",
)  # fmt: skip


def dates(payload: Payload, day: Day) -> Iterator[Broken]:
    """Shipped before received, signed in the order of the way, nothing in the future.

    All are days, as the manifest has them: the same day is in order.
    """
    one = {name: str(payload[name]) for name in _ONE_DAY if name in payload}
    carried = _in_order_of_the_way(payload)
    for field, value in (*one.items(), *(("transporter_signed_on", each) for each in carried)):
        if date.fromisoformat(value) > day.as_of:
            yield Broken(field, "in the future")
        elif value < _FIRST_MANIFESTS:
            yield Broken(field, "before there were manifests")
    if "received_on" in one and "shipped_on" not in one:
        yield Broken("shipped_on", "received, but the day of shipment is missing or can't be read")
    for earlier, later in (
        ("shipped_on", "received_on"),
        ("generator_signed_on", "shipped_on"),
        ("shipped_on", "facility_signed_on"),
    ):
        if earlier in one and later in one and one[later] < one[earlier]:
            yield Broken(later, f"before {earlier}")
    yield from _signatures(one, carried)


def _in_order_of_the_way(payload: Payload) -> list[str]:
    signed = [str(each) for each in items(payload, "transporter_signed_on")]
    orders = [int(str(each)) for each in items(payload, "transporter_orders")]
    if len(orders) != len(signed):
        return signed
    return [each for _, each in sorted(zip(orders, signed, strict=True))]


def _signatures(one: dict[str, str], carried: list[str]) -> Iterator[Broken]:
    way = [
        *(("generator_signed_on", each) for each in [one.get("generator_signed_on")] if each),
        *(("transporter_signed_on", each) for each in carried),
        *(("facility_signed_on", each) for each in [one.get("facility_signed_on")] if each),
    ]
    for (before, earlier), (field, later) in pairwise(way):
        if later < earlier:
            yield Broken(field, f"signed before {before}")


def pcb_items(payload: Payload, day: Day) -> Iterator[Broken]:
    """Each PCB item has its kind, its day out of service, its weight, and an id or a name."""
    given = [field for field in _PCB_FIELDS if items(payload, field)]
    if payload.get("pcb") is not True:
        for field in given:
            yield Broken(field, "stands on waste that isn't said to hold PCB")
        return
    kinds = [str(kind) for kind in items(payload, "pcb_load_types")]
    if not kinds:
        yield Broken("pcb_load_types", "PCB waste without a load type")
        return
    if not set(kinds) <= _IN_ARTICLES | {_BULK}:
        known = ", ".join(sorted(_IN_ARTICLES | {_BULK}))
        yield Broken("pcb_load_types", f"expected {known}")
    yield from _counts(payload, kinds)
    yield from _weights(items(payload, "pcb_weights"))
    # Not held against the shipment: EPA's own examples have items taken out of service after it.
    if any(date.fromisoformat(str(each)) > day.as_of for each in items(payload, "pcb_removed_on")):
        yield Broken("pcb_removed_on", "in the future")


def _counts(payload: Payload, kinds: list[str]) -> Iterator[Broken]:
    """As many values as items that must have one; what an item need not have it may have."""
    of_kind = Counter(kinds)
    wanted = {
        "pcb_removed_on": len(kinds),
        "pcb_weights": len(kinds),
        "pcb_article_ids": sum(of_kind[kind] for kind in _IN_ARTICLES),
        "pcb_waste_types": sum(of_kind[kind] for kind in _WITH_WASTE_TYPE),
        "pcb_bulk_identities": of_kind[_BULK],
    }
    for field, fewest in wanted.items():
        found = len(items(payload, field))
        # Words may hold what stands between items of a list, so more of them prove nothing.
        most = found if field in _WORDS else len(kinds)
        if not fewest <= found <= most:
            yield Broken(field, f"{found} for {len(kinds)} PCB items, of which {fewest} need one")


def _weights(weights: Iterable[object]) -> Iterator[Broken]:
    for weight in weights:
        kilograms = Decimal(str(weight))
        if not 0 < kilograms < _MOST_KILOGRAMS or kilograms != round(kilograms, 6):
            yield Broken(
                "pcb_weights", "expected kilograms, more than 0, at most 6 digits after the point"
            )
