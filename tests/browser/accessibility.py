"""What a page is held to: axe's rules, the size of targets, the width of a phone, the weight of a page."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe

#: WCAG 2.2 AA and all below it.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
SMALLEST_TARGET_PX = 24
MOST_NODES = 3_000
MOST_BYTES = 100_000
PHONE_PX = 320

_AXE = Axe()
#: A link inside a sentence may be as high as its line (WCAG 2.5.8); so may what nobody sees.
_SMALL_TARGETS = """smallest => {
  const inSentence = e => e.matches('a') && getComputedStyle(e).display === 'inline'
    && e.parentElement.innerText.trim() !== e.innerText.trim();
  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  return [...document.querySelectorAll(wanted)]
    .filter(e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !inSentence(e))
    .map(e => {
      const own = e.getBoundingClientRect(), label = e.labels && e.labels[0];
      const box = label ? label.getBoundingClientRect() : own;
      return [e.outerHTML.slice(0, 120), Math.max(own.width, box.width), Math.max(own.height, box.height)];
    })
    .filter(([, width, height]) => width > 1 && height > 1 && (width < smallest || height < smallest))
    .map(([html, width, height]) => `${Math.round(width)} x ${Math.round(height)}: ${html}`);
}"""
#: What sticks out to the right, unless a region of its own scrolls it.
_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const scrolls = e => e && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)
    || scrolls(e.parentElement));
  return [...document.body.querySelectorAll('*')]
    .filter(e => e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement))
    .slice(0, 5).map(e => `${Math.round(e.getBoundingClientRect().right)} px: ${e.outerHTML.slice(0, 120)}`)
    .concat([`the page is ${document.documentElement.scrollWidth} px wide`]);
}"""
#: What has the focus, and whether something lies over it.
_FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const at = document.elementFromPoint(
    Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1),
    Math.min(Math.max(box.top + Math.min(box.height / 2, 12), 0), innerHeight - 1));
  const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return {
    html: e.outerHTML.slice(0, 120),
    name: (e.getAttribute('aria-label') || e.innerText || e.value || '').trim().slice(0, 60),
    shown: outline || style.boxShadow !== 'none',
    covered: !at || ![e, ...(e.labels || [])].some(own => own.contains(at) || at.contains(own)),
  };
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Focused:
    """Where the keyboard is."""

    html: str
    name: str
    shown: bool
    covered: bool


def violations(page: Any) -> list[str]:
    """What axe has against the page, one line for each place."""
    options = {"runOnly": {"type": "tag", "values": list(TAGS)}, "resultTypes": ["violations"]}
    found = _AXE.run(page, options=options).response["violations"]
    return [
        f"{rule['id']} ({rule['help']}): {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"]
    ]


def small_targets(page: Any) -> list[str]:
    """What is smaller than a finger needs."""
    found: list[str] = page.evaluate(_SMALL_TARGETS, SMALLEST_TARGET_PX)
    return found


def too_wide(page: Any) -> list[str]:
    """What makes the page scroll sideways."""
    found: list[str] = page.evaluate(_WIDE)
    return found


def focused(page: Any) -> Focused | None:
    """What has the focus."""
    found = page.evaluate(_FOCUSED)
    return Focused(**found) if found else None
