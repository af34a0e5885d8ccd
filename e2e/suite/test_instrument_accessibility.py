"""The measuring of accessibility measured: each fault that it is there to find is put into a page, and found."""

from __future__ import annotations

import pytest
from instrument.accessibility import axe_findings, walk
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser]

STYLE = "<style>:focus-visible { outline: 3px solid blue }</style>"
GOOD = f"<html lang='en'><title>Good</title>{STYLE}<main><h1>Good</h1><a href='#a'>One</a> <button>Two</button></main>"


def test_a_good_page_has_no_finding(page: Page) -> None:
    page.set_content(GOOD)
    walked = walk(page)
    assert walked.complaints() == []
    assert walked.steps == 2
    assert axe_findings(page) == []


@pytest.mark.parametrize(
    ("markup", "rule"),
    [
        ("<p style='color: #aaa; background: white'>pale</p>", "color-contrast"),
        ("<input>", "label"),
        ("<img src='data:,'>", "image-alt"),
        ("<h4>deep</h4>", "heading-order"),
        ("<a href='#b' style='font-size: 9px'>1</a><br><a href='#c' style='font-size: 9px'>2</a>", "target-size"),
    ],
)
def test_axe_finds_what_breaks_a_rule(page: Page, markup: str, rule: str) -> None:
    page.set_content(GOOD.replace("</main>", f"{markup}</main>"))
    assert any(each.startswith(f"{rule} (") for each in axe_findings(page))


WALKS = {
    "the focus is caught": (
        "<script>document.querySelector('button').addEventListener('keydown', (e) => e.preventDefault())</script>",
        "never leaves",
    ),
    "the focus is caught between two": (
        (
            "<input id='x' aria-label='X'><script>x.addEventListener('keydown', (e) => { if (e.key === 'Tab') "
            "{ e.preventDefault(); document.querySelector('button').focus() } })</script><a href='#z'>After</a>"
        ),
        "does not reach a “After”",
    ),
    "one cannot see the focus": (
        "<button style='outline: none'>Unmarked</button>",
        "nothing shows that button “Unmarked” has the focus",
    ),
    "the focus is under something": (
        "<button>Buried</button><div style='position: fixed; inset: 0; background: white'></div>",
        "button “Buried” has the focus where it cannot be seen",
    ),
}


@pytest.mark.parametrize("case", WALKS)
def test_a_walk_finds_where_the_keyboard_fails(page: Page, case: str) -> None:
    markup, words = WALKS[case]
    page.set_content(GOOD.replace("</main>", f"{markup}</main>"))
    assert any(words in each for each in walk(page).complaints())


def test_a_group_of_radio_buttons_is_one_stop_and_a_closed_part_none(page: Page) -> None:
    page.set_content(
        GOOD.replace(
            "</main>",
            "<label><input type='radio' name='r' checked>A</label><label><input type='radio' name='r'>B</label>"
            "<details><summary>More</summary><a href='#d'>Hidden</a></details></main>",
        )
    )
    walked = walk(page)
    assert walked.complaints() == []
    assert walked.steps == 4
