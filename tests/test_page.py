"""The API's page in a browser: headless Chromium, driven as people use it."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from support import in_project, once
from test_serving import Server, serve

pytestmark = [pytest.mark.slow, in_project, once]
CHROMIUM = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium or Chrome, where there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if not path:
        required = os.environ.get("REQUIRE_BROWSER")
        (pytest.fail if required else pytest.skip)("neither Chromium nor Chrome is installed here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[Server]:
    """One server for all tests."""
    with serve(project) as server:
        yield server


@pytest.fixture
def examples(project: Path) -> list[dict[str, Any]]:
    """What the page offers."""
    return json.loads((project / "reports/examples.json").read_text(encoding="utf-8"))


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    """The page, which asks nobody but its server for anything, and complains of nothing."""
    context = browser.new_context(reduced_motion="reduce", **getattr(request, "param", {}))
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(server.url)
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((f"{server.url}/", "data:"))] == []
    assert [text for text in complaints if "422" not in text] == []  # that one is asked for


def bars(page: Page) -> list[float]:
    """How much of its track each bar fills."""
    script = "bars => bars.map(bar => bar.offsetWidth / bar.parentElement.offsetWidth)"
    return page.locator(".bar div").evaluate_all(script)


@pytest.mark.parametrize("page", [{}, PHONE], indirect=True, ids=["desktop", "phone"])
def test_an_example_shows_its_class(page: Page, server: Server, examples: list[dict[str, Any]]) -> None:
    """A click or a tap on an example: its values, the class, and the API's probabilities as bars."""
    example = examples[7]
    page.get_by_role("radio", name="7").check()
    expect(page.get_by_role("status")).to_contain_text("Class 7")
    expect(page.get_by_role("status")).to_contain_text("Right: its label is 7")
    values = page.locator("input[type=number]").evaluate_all("inputs => inputs.map(i => i.valueAsNumber)")
    assert values == example["values"]
    _, answer = server.predict([values])
    assert bars(page) == pytest.approx(answer["probabilities"][0], abs=0.01)
    shown = [f"{100 * probability:.1f} %" for probability in answer["probabilities"][0]]
    assert page.locator("tbody tr td:last-child").all_inner_texts() == shown


def test_typed_values_are_predicted(page: Page, server: Server, examples: list[dict[str, Any]]) -> None:
    """Another value is another answer, and no example's any more."""
    page.get_by_role("radio", name="3").check()
    expect(page.get_by_role("status")).to_contain_text("Class 3")
    values = list(examples[3]["values"])
    for name, value in {"pixel_3_3": 1.0, "pixel_4_2": 1.0, "pixel_5_5": 0.0}.items():
        values[8 * int(name[6]) + int(name[8])] = value
        page.get_by_role("spinbutton", name=name).fill(str(value))
    _, answer = server.predict([values])
    top = max(answer["probabilities"][0])
    expect(page.locator("tr.first td").last).to_have_text(f"{100 * top:.1f} %")
    assert bars(page) == pytest.approx(answer["probabilities"][0], abs=0.01)
    assert page.get_by_role("radio", checked=True).count() == 0


def test_the_keyboard_is_enough(page: Page) -> None:
    """Tab and arrows pick an example, Tab reaches the values, Enter predicts; what has the focus is seen."""
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("Class 0")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_contain_text("Class 1")
    outline = "getComputedStyle(document.activeElement.closest('label')).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Predict")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("spinbutton", name="pixel_0_0")).to_be_focused()
    with page.expect_request("**/predict") as sent:
        page.keyboard.type("1")
        page.keyboard.press("Enter")
    assert sent.value.post_data_json["instances"][0][0] in {1, 10, 0.1}


def test_what_is_no_number_is_not_sent(page: Page) -> None:
    """An empty value is named on the page, and nobody is asked."""
    page.get_by_role("radio", name="5").check()
    expect(page.get_by_role("status")).to_contain_text("Class 5")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("spinbutton", name="pixel_2_2").fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("pixel_2_2: Type a number.")
    assert asked == []


def test_what_the_server_refuses_is_shown(page: Page) -> None:
    """The API's own sentence."""
    page.get_by_role("spinbutton", name="pixel_2_2").fill("1e30")
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"instances\.0\.18: .+ less than"))


@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_it_fits_a_phone(page: Page) -> None:
    """Nothing leaves the screen to its side, the answer is seen with the examples, fingers hit everything."""
    page.get_by_role("radio", name="8").check()
    expect(page.get_by_role("status")).to_contain_text("Class 8")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    for part in (page.get_by_role("status"), page.locator("tbody tr").last):
        box = part.bounding_box()
        assert box and box["y"] + box["height"] <= 667
    boxes = [part.bounding_box() for part in page.locator("#examples label, #values input, button").all()]
    assert min(box["height"] for box in boxes if box) >= 44  # pixels: WCAG 2.5.5
    assert min(box["width"] for box in boxes if box) >= 44


@pytest.mark.parametrize("page", [{}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"])
def test_texts_stand_out(page: Page) -> None:
    """The contrast of each text with what is behind it is that of WCAG's level AA."""
    page.get_by_role("radio", name="2").check()
    expect(page.get_by_role("status")).to_contain_text("Class 2")
    script = """() => {
      const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const paint = (color) => { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); };
      const light = (colors) => {
        canvas.clearRect(0, 0, 1, 1); colors.forEach(paint);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) =>
          (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const worst = [];
      for (const part of document.querySelectorAll(
        "h1, legend, label, input[type=number], button, output, strong, caption, th, td, small")) {
        const behind = [];
        for (let e = part; e; e = e.parentElement) behind.unshift(getComputedStyle(e).backgroundColor);
        const back = light(behind), text = light([...behind, getComputedStyle(part).color]);
        worst.push((Math.max(back, text) + 0.05) / (Math.min(back, text) + 0.05));
      }
      return Math.min(...worst);
    }"""
    assert page.evaluate(script) >= 4.5
