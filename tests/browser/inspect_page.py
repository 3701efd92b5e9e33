"""What can be asked of any page: faults of accessibility, words, overflow."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

from tests.browser.page_server import ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# The link that skips to the content stands before all landmarks, as it must. The rule that is off is an experiment of
# axe, and takes initials and shortened identifiers for labels.
RUN_AXE = """(tags) => axe.run({ exclude: { fromShadowDom: ['gpu-app', '.skip'] } }, {
  runOnly: tags, rules: { 'label-content-name-mismatch': { enabled: false } }, resultTypes: ['violations'],
}).then(({ violations }) => violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, html, failureSummary }) =>
  `${id}: ${help}\\n    ${JSON.stringify(target)}\\n    ${html.slice(0, 200)}\\n    ${failureSummary}`)))"""

# Texts that are seen or spoken, through every shadow root; not what is marked as of another language.
TEXTS = """() => {
  const texts = [];
  const walk = (node, language) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.data.trim()) texts.push(node.data.trim());
      return;
    }
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (node.matches('style, script, noscript, [hidden], code')) return;
      if (node.lang && node.lang !== language) return;
      if (node.checkVisibility && !node.checkVisibility() && node.shadowRoot === null) return;
      for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-roledescription', 'aria-valuetext']) {
        if (node.getAttribute(name)) texts.push(node.getAttribute(name));
      }
    }
    for (const child of (node.shadowRoot ?? node).childNodes) walk(child, language);
    if (node.shadowRoot) for (const child of node.childNodes) walk(child, language);
  };
  walk(document.body, document.documentElement.lang);
  return [document.title, ...texts];
}"""

LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
PUNCTUATION = ".,:;!?()[]\"'–…"


def faults(page: Page) -> list[str]:
    """What axe-core finds: nothing, where all is well."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN_AXE, RULES)
    return found


def latin_words(page: Page, known: set[str]) -> dict[str, str]:
    """Words in Latin letters that are not known names, each with a text that has it. Identifiers are no words."""
    texts: list[str] = page.evaluate(TEXTS)
    found = {word.strip(PUNCTUATION): text for text in texts for word in text.split()}
    return {word: text for word, text in found.items() if LATIN_WORD.fullmatch(word) and word.lower() not in known}


def words_of(content: Any) -> set[str]:
    """Every word in the texts of a JSON value."""
    if isinstance(content, dict):
        return set().union(*map(words_of, content.values())) if content else set()
    if isinstance(content, list):
        return set().union(*map(words_of, content)) if content else set()
    return {word.lower() for word in LATIN_WORD.findall(content)} if isinstance(content, str) else set()


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
