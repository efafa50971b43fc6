"""The feed that docs/how-to/add-a-feed.md goes through is whole, and its test tests it.

The page is also tried as a whole by whoever changes it: in a clone, with nothing but the page.
"""

import subprocess
import sys

from tests.architecture.checkout import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "add-a-feed.md"
_WORD, MODULE, _LINE, TEST = (block.text for block in blocks(PAGE) if block.language == "py")
MODULE_NAME = "shared.domain.feeds.lab_equipment"

#: The word of step 2 can't be added to an enumeration that exists; any other does here.
MAKE = """
import sys, types
module = types.ModuleType(sys.argv[1])
sys.modules[module.__name__] = module
exec(compile(sys.argv[2], "module", "exec"), module.__dict__)
if len(sys.argv) > 4:
    import dataclasses
    module.LAB_EQUIPMENT = dataclasses.replace(module.LAB_EQUIPMENT, rules=())
given = {"__name__": "a_test"}
exec(compile(sys.argv[3], "test", "exec"), given)
test = next(value for name, value in given.items() if name.startswith("test_"))
for values, expected in test.pytestmark[0].args[1]:
    test(values, expected)
"""


def tried(*more: str) -> subprocess.CompletedProcess[str]:
    """The page's module under the page's test, in a process of its own."""
    module = MODULE.replace("Classification.LAB_EQUIPMENT", "Classification.OSHA_INVENTORY")
    command = [sys.executable, "-c", MAKE, MODULE_NAME, module, TEST, *more]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_page_s_test_is_green() -> None:
    done = tried()
    assert done.returncode == 0, done.stderr


def test_the_page_s_test_turns_red_without_the_rule() -> None:
    assert "AssertionError" in tried("without").stderr
