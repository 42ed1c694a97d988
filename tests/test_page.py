"""The API's page in a browser: headless Chromium, driven as people use it."""

import base64
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright
from programs.image_format import encode
from support import in_project, once
from test_serving import Server, serve
from test_serving import served as served

pytestmark = [pytest.mark.slow, in_project, once]
CHROMIUM = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}
EMPTY = "\N{EN DASH}"  # what stands for nothing
Example = dict[str, Any]
digits = pytest.mark.parametrize("served", [pytest.param("project", id="digits")], indirect=True)
penguins = pytest.mark.parametrize("served", ["penguins"], indirect=True)
classes = pytest.mark.parametrize("served", [pytest.param("project", id="digits"), "penguins"], indirect=True)


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
def server(served: Path) -> Iterator[Server]:
    """One server for all tests of a project."""
    with serve(served) as server:
        yield server


@pytest.fixture
def examples(served: Path) -> list[Example]:
    """What the page offers."""
    return json.loads((served / "reports/examples.json").read_text(encoding="utf-8"))


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


def pick(page: Page, example: Example) -> Locator:
    """Choose an example, wait for the answer, and give it."""
    target = str(example["target"]).removesuffix(".0")
    page.get_by_role("radio", name=target, exact=True).check()
    status = page.get_by_role("status")
    expect(status).to_contain_text(f"is {target}.")
    return status


def field(page: Page, name: str) -> Locator:
    """The field of a column, by the name that is read out."""
    number, text, category = (
        page.get_by_role(role, name=name, exact=True) for role in ("spinbutton", "textbox", "combobox")
    )
    return number.or_(text).or_(category).or_(page.get_by_label(name, exact=True))


def assert_bars(page: Page, answer: dict[str, Any]) -> None:
    """A bar and a percentage for each class, as the API gave them."""
    probabilities = answer["probabilities"][0]
    shown = [f"{100 * probability:.1f} %" for probability in probabilities]
    expect(page.locator("#probabilities tbody tr td:last-child")).to_have_text(shown)
    names = [str(label) for label in answer["classes"]]
    assert page.locator("#probabilities tbody th").all_inner_texts() == names
    script = "bars => bars.map(bar => bar.offsetWidth / bar.parentElement.offsetWidth)"
    assert page.locator(".bar div").evaluate_all(script) == pytest.approx(probabilities, abs=0.01)


@classes
@pytest.mark.parametrize("page", [{}, PHONE], indirect=True, ids=["desktop", "phone"])
def test_an_example_shows_its_class(page: Page, server: Server, examples: list[Example]) -> None:
    """A click or a tap on an example: its values, the class, and the API's probabilities as bars."""
    for example in examples[-1], examples[0]:
        status = pick(page, example)
        _, answer = server.predict([example["record"]])
        expect(status).to_contain_text(f": {answer['predictions'][0]}")
        right = str(answer["predictions"][0]) == str(example["target"])
        expect(status).to_contain_text("Right" if right else "Wrong")
        for name, value in example["record"].items():
            if isinstance(value, list):
                assert field(page, name).evaluate("input => input.image") == value
                assert read_canvas(page) == value
            elif isinstance(value, str | None):
                expect(field(page, name)).to_have_value(value or "")
            else:
                assert float(field(page, name).input_value()) == value
        assert_bars(page, answer)


@pytest.mark.exhaustive
@pytest.mark.parametrize("served", ["diabetes"], indirect=True)
def test_an_example_shows_its_number(page: Page, server: Server, examples: list[Example]) -> None:
    """Where a number is predicted, there are no bars."""
    status = pick(page, examples[0])
    _, answer = server.predict([examples[0]["record"]])
    expect(status).to_contain_text(f"progression: {answer['predictions'][0]:.5g}")
    expect(status).to_contain_text("Its true value is ")
    expect(page.locator("#probabilities")).to_be_hidden()


def read_canvas(page: Page) -> list[list[int]]:
    """The brightness of each pixel that is shown."""
    script = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 8, 8).data]"
    numbers = page.locator("canvas").evaluate(script)[::4]
    return [numbers[start : start + 8] for start in range(0, 64, 8)]


@digits
def test_a_painted_image_is_predicted(page: Page, server: Server, examples: list[Example]) -> None:
    """A stroke from the top to the bottom; the answer is another one, and no example's any more."""
    pick(page, examples[3])
    page.get_by_role("button", name="Clear").click()
    box = page.locator("canvas").bounding_box()
    assert box
    size = box["width"] / 8
    page.mouse.move(box["x"] + 3.5 * size, box["y"] + 0.5 * size)
    page.mouse.down()
    page.mouse.move(box["x"] + 3.5 * size, box["y"] + 7.5 * size, steps=20)
    page.mouse.up()
    rows = read_canvas(page)
    assert [row[3] for row in rows] == [255] * 8
    assert [row[2] for row in rows] == [row[4] for row in rows] == [96] * 8
    assert all(row[0] == row[7] == 0 for row in rows)
    _, answer = server.predict([{"image": rows}])
    assert_bars(page, answer)
    assert page.get_by_role("radio", checked=True).count() == 0
    expect(page.get_by_role("status")).not_to_contain_text("label is")


@digits
@pytest.mark.parametrize("way", ["chosen", "dropped"])
def test_a_file_is_predicted(page: Page, server: Server, tmp_path: Path, way: str) -> None:
    """It is sent as it is, and the API decodes it."""
    content = base64.b64decode(encode(bytes(range(0, 256, 4))))
    if way == "chosen":
        (tmp_path / "digit.png").write_bytes(content)
        field(page, "image").set_input_files(tmp_path / "digit.png")
    else:
        transfer = page.evaluate_handle(
            """bytes => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([new Uint8Array(bytes)], "digit.png", { type: "image/png" }));
                return transfer;
            }""",
            list(content),
        )
        page.dispatch_event("canvas", "drop", {"dataTransfer": transfer})
    _, answer = server.predict([{"image": list(range(0, 256, 4))}])
    assert_bars(page, answer)
    expect(page.locator("canvas")).to_be_visible()
    last = "document.querySelector('canvas').getContext('2d').getImageData(7, 7, 1, 1).data[0]"
    page.wait_for_function(f"{last} > 200")


@digits
def test_a_file_that_is_no_image_gets_a_sentence(page: Page, tmp_path: Path) -> None:
    (tmp_path / "digit.png").write_text("no image")
    field(page, "image").set_input_files(tmp_path / "digit.png")
    sentence = "instances.0.image: The file is no PNG or JPEG image."
    expect(page.get_by_role("status")).to_have_text(sentence)


@penguins
def test_each_kind_has_its_field(page: Page, server: Server, examples: list[Example]) -> None:
    """A category is chosen from a list, a number is typed; what may be missing may be left empty."""
    pick(page, examples[0])
    record = dict(examples[0]["record"])
    islands = field(page, "island").locator("option")
    assert islands.all_inner_texts() == ["Biscoe", "Dream", "Torgersen"]
    assert field(page, "sex").locator("option").all_inner_texts() == [EMPTY, "female", "male"]
    assert field(page, "year").count() == 0  # no model sees it
    record |= {"island": "Biscoe", "sex": "male", "bill_length_mm": None, "body_mass_g": 5500}
    field(page, "island").select_option("Biscoe")
    field(page, "sex").select_option("male")
    field(page, "bill_length_mm").fill("")
    assert field(page, "bill_length_mm").get_attribute("placeholder") == "20 … 70"
    with page.expect_request(
        lambda request: request.post_data_json and request.post_data_json["instances"] == [record]
    ):
        field(page, "body_mass_g").fill("5500")
    _, answer = server.predict([record])
    assert_bars(page, answer)
    field(page, "sex").select_option(EMPTY)
    _, answer = server.predict([record | {"sex": None}])
    assert_bars(page, answer)


@penguins
def test_the_keyboard_is_enough(page: Page, examples: list[Example]) -> None:
    """Tab and arrows pick an example, Tab reaches each field, Enter predicts; what has the focus is seen."""
    status = page.get_by_role("status")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(status).to_contain_text(f"is {examples[0]['target']}.")
    page.keyboard.press("ArrowRight")
    expect(status).to_contain_text(f"is {examples[1]['target']}.")
    outline = "getComputedStyle(document.activeElement.closest('label')).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Predict")).to_be_focused()
    record = examples[1]["record"]
    for name in record:
        page.keyboard.press("Tab")
        expect(field(page, name)).to_be_focused()
    number = [name for name, value in record.items() if isinstance(value, float)][-1]
    field(page, number).fill("")
    field(page, number).focus()
    least = int(field(page, number).get_attribute("min") or 0)
    with page.expect_request("**/predict") as sent:
        page.keyboard.type(f"{least}")
        page.keyboard.press("Enter")
    assert sent.value.post_data_json == {"instances": [record | {number: least}]}


@penguins
def test_what_is_not_allowed_is_not_sent(page: Page, examples: list[Example]) -> None:
    """A number that is out of range is named on the page, and nobody is asked."""
    pick(page, examples[1])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    name, rule = "bill_length_mm", "A number from 20 to 70, or nothing."
    for value in ("71", "-1"):
        field(page, name).fill(value)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text(f"{name}: {rule}")
        expect(field(page, name)).to_be_focused()
    expect(page.locator("#probabilities tbody tr td:last-child").first).to_have_text(EMPTY)
    assert asked == []


@penguins
def test_what_the_server_refuses_is_shown(page: Page, examples: list[Example]) -> None:
    """The API's own sentence, here to a request that was changed on its way."""

    def spoil(route: Route) -> None:
        route.continue_(post_data=route.request.post_data.replace("Torgersen", "Nowhere"))

    page.route("**/predict", spoil)
    page.get_by_role("radio", name=examples[0]["target"]).check()
    sentence = "instances.0.island: Input should be 'Biscoe', 'Dream' or 'Torgersen'."
    expect(page.get_by_role("status")).to_have_text(sentence)


@penguins
def test_the_models_own_scores_are_shown(page: Page, served: Path) -> None:
    """Beside those over all seeds, and those of the trivial model; within the page."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    facts = json.loads((served / "reports/served.json").read_text(encoding="utf-8"))
    expect(page.locator("#scores caption")).to_contain_text("seed 0")
    for name, score in facts["scores"].items():
        row = page.locator("#scores tr").filter(has=page.get_by_role("rowheader", name=name, exact=True))
        low, high = score["ci_low"], score["ci_high"]
        interval = f"{score['mean']:.4f} ({low:.4f} … {high:.4f})"
        expect(row.locator("td")).to_have_text([f"{score['own']:.4f}", interval, f"{score['baseline']:.4f}"])


@classes
@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_it_fits_a_phone(page: Page, examples: list[Example]) -> None:
    """Nothing leaves the screen to its side, the answer is seen with the examples, fingers hit everything."""
    pick(page, examples[-1])
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    for part in (page.get_by_role("status"), page.locator("#probabilities tbody tr").last):
        box = part.bounding_box()
        assert box and box["y"] + box["height"] <= 667
    parts = page.locator("#examples label, #values input, #values select, button")
    boxes = [part.bounding_box() for part in parts.all()]
    images = page.locator("canvas").count()  # with a label and a button of their own
    assert len(boxes) == len(examples) + len(examples[0]["record"]) + 1 + images
    assert min(box["height"] for box in boxes if box) >= 44  # pixels: WCAG 2.5.5
    assert min(box["width"] for box in boxes if box) >= 44


@classes
@pytest.mark.parametrize("page", [{}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"])
def test_texts_stand_out(page: Page, examples: list[Example]) -> None:
    """The contrast of each text with what is behind it is that of WCAG's level AA."""
    pick(page, examples[1])
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
        "h1, legend, label, #values input, select, button, output, strong, caption, th, td, small")) {
        const behind = [];
        for (let e = part; e; e = e.parentElement) behind.unshift(getComputedStyle(e).backgroundColor);
        const back = light(behind), text = light([...behind, getComputedStyle(part).color]);
        worst.push((Math.max(back, text) + 0.05) / (Math.min(back, text) + 0.05));
      }
      return Math.min(...worst);
    }"""
    assert page.evaluate(script) >= 4.5
