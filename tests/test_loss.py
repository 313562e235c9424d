"""The loss alarm: it is raised for what is left out, and for nothing else."""

from __future__ import annotations

import pytest

from index.sources.body import read_body
from index.sources.extract import extract
from index.sources.loss import left_out

PROSE = "河口的观鸟站建成之后，每年冬天都有人来数候鸟，去年数到的白鹤比前年多了三成。"


def test_what_is_left_out_is_told_with_an_excerpt() -> None:
    hidden = "另一段话没有人读到，它在一个下拉框里，写了很长很长。"
    source = f"<p>{PROSE}</p><select><option>{hidden}</option></select>"
    told = left_out(source, extract(source))
    assert told.endswith("% of it was read; left out: " + hidden)


def test_a_text_without_its_second_half_raises_the_alarm() -> None:
    source = f"<p>{PROSE}</p><p>{PROSE[::-1]}</p>"
    assert left_out(source, extract(f"<p>{PROSE}</p>")).startswith("only 50% of it was read; left out: ")
    assert not left_out(source, extract(source))


@pytest.mark.parametrize(
    "source",
    [
        f"<p>{PROSE}</p><!-- {PROSE * 3} -->",
        f"<p>{PROSE}</p><script>{'var a;' * 90}</script><style>{'p{color:red}' * 90}</style>",
        f"<body><nav>{'首页关于' * 40}</nav><p>{PROSE}</p></body>",
        f"<p>{PROSE}</p><div class='appendQr_wrap'>{'扫码' * 60}</div>",
        f"<p>{PROSE}</p>{'&nbsp;' * 200}<img alt='{'图' * 300}'>",
        f"<p>{PROSE}</p><video>{'浏览器不支持' * 20}</video>",
        "<p>短</p><select>藏</select>",
    ],
)
def test_what_is_no_text_raises_none(source: str) -> None:
    assert not read_body(source)[2]


@pytest.mark.parametrize(
    "source",
    [
        f"{PROSE}\n\n![{'图' * 99}](https://e.example/{'a' * 200}.png)",
        f'{PROSE}[文](https://e.example/{"a" * 300} "名")\n\n[b]: https://e.example/{"a" * 300}',
        f'{PROSE}\n\n{{{{< figure src="/{"a" * 300}.png" >}}}}\n\n{{% asset_img {"a" * 300}.png %}}',
        f"{PROSE}\n\n```javascript\na()\n```\n\n| a | b |\n|---|---|\n| c | d |",
    ],
)
def test_the_marks_of_markdown_raise_none(source: str) -> None:
    assert not read_body(source, ".md")[2]


@pytest.mark.parametrize("element", ["script", "style", "template", "textarea", "select", "object", "iframe"])
def test_an_element_that_is_never_closed_leaves_nothing_out(element: str) -> None:
    _, extracted, loss = read_body(f"<div>说到 <{element}> 元素，<p>{PROSE}</p></div>")
    assert not loss
    assert f"<{element}>" in extracted.text
    assert PROSE in extracted.text


@pytest.mark.parametrize("element", ["nav", "header", "aside", "form"])
def test_the_frame_of_a_page_that_is_never_closed_leaves_nothing_out(element: str) -> None:
    _, extracted, loss = read_body(f"<body><p>前</p><{element}><p>{PROSE}</p></body>")
    assert not loss
    assert PROSE in extracted.text


def test_a_picture_in_the_text_is_not_missed() -> None:
    picture = f"![](data:image/png;base64,{'iVBORw0KGgo' * 1000})"
    assert read_body(f"春天的河水流过青岚市的老桥。\n\n{picture}\n\n两岸的柳树都绿了。", ".md")[2] == ""
