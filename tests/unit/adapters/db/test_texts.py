"""Equal texts of many documents are in memory once, and each document still says what it said."""

import json

from shared.adapters.db.texts import Texts


def test_what_is_equal_is_the_same_object_and_nothing_is_mixed_up() -> None:
    written = [
        {"id": str(number), "job": "Teacher", "sites": ["010", "020"], "more": {"room": "12a"}}
        for number in range(3)
    ]
    once = Texts()
    read = [json.loads(json.dumps(each), object_hook=once) for each in written]
    assert read == written
    first, *others = read
    for other in others:
        assert other["job"] is first["job"]
        assert other["sites"][1] is first["sites"][1]
        assert other["more"] is first["more"]
        assert other["id"] is not first["id"]


def test_documents_with_the_same_words_in_other_places_are_apart() -> None:
    once = Texts()
    one = json.loads('{"more": {"a": "b", "c": "d"}}', object_hook=once)
    other = json.loads('{"more": {"a": "d", "c": "b"}}', object_hook=once)
    assert (one["more"], other["more"]) == ({"a": "b", "c": "d"}, {"a": "d", "c": "b"})
