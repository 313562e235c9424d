"""The syntax that site generators and editors add to Markdown: stripped, or unwrapped to what it shows.

Templates and shortcodes (Hexo, Jekyll, Hugo), containers (VuePress, Docusaurus), indented blocks (MkDocs),
callouts and links of wikis (Obsidian), attributes (kramdown), components (MDX, VuePress), included files.
"""

from __future__ import annotations

import re

# A piece of code that was set aside, by its number.
CODE_KEPT = re.compile(r"\x01(\d+)\x02")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ALONE = r"^(?P<lead>[ \t>]*)"
# {% note info 标题 %} and {{< figure title="图" >}}, alone on a line or within one.
_TAG = r"(?:\{%-?(?:[^%{}]|%(?!\})){0,2000}%\}|\{\{[<%][^{}]{0,2000}[>%]\}\})"
TEMPLATE = re.compile(_TAG)
_TEMPLATE_LINE = re.compile(rf"{_ALONE}(?P<tags>(?:{_TAG}[ \t]*)+)$", re.MULTILINE)
_LIQUID = re.compile(
    r"\{\{-?[ \t]*(?:(?:site|page|post|layout|include|theme|config|frontmatter|paginator)\.|\$\w|url_for\("
    r"|content[ \t]*(?=\}\})"
    r"|[^{}\n]*\|[ \t]*(?:relative_url|absolute_url|date|escape|markdownify|default|safe))[^{}\n]*\}\}"
)
# Zola's shortcodes, {{ figure(caption="图") }}; what is math in them is text.
_CALL = re.compile(
    r"\{\{[ \t]*(?P<name>\w+)\((?P<said>(?:[^\"'`{}]|\"[^\"]*\"|'[^']*'|`[^`]*`){0,2000})\)[ \t]*\}\}"
)
_MATH_CALL = re.compile(r"katex|math", re.IGNORECASE)
_ESCAPED_SHORTCODE = re.compile(r"\{\{([<%])/\*([^{}]{0,2000})\*/[>%]\}\}")
# Other files that are put in.
_INCLUDE = re.compile(
    r"\{\{#(?:include|rustdoc_include|playground|title)\b[^{}\n]*\}\}"
    r"|^[ \t]*(?:-+8<-+(?:[ \t]*(?:\"[^\"\n]*\"|'[^'\n]*'))?|<<<[ \t]*@?[./][^\n]*)[ \t]*$",
    re.MULTILINE,
)
_ARGUMENT = re.compile(r"""([A-Za-z][\w-]*=)?(?:"([^"]*)"|'([^']*)'|`([^`]*)`)|([^\s,@"'`]+)""")
_QUOTED_TITLE = re.compile(r"(?<=\]\()(\S{1,2000})[ \t]+[“”][^“”\n]{0,200}[“”](?=\))")
_SPACED_LINK = re.compile(
    r"(?<=\]\()(?=\S)([^()<>\"'\n ]{1,500} [^()<>\"'\n]{1,500}"
    r"\.(?:md|markdown|html?|png|jpe?g|gif|webp|svg|pdf))(?=\))"
)
_FILE = re.compile(r"\A\.{0,2}/|\.[A-Za-z]\w{1,4}\Z")
_URL = re.compile("[a-z]+://[!-~]*")
_CONTAINER = re.compile(rf"{_ALONE}:{{3,}}(?P<info>[^\n]*)$", re.MULTILINE)
_CONTAINER_INFO = re.compile(r"[ \t]*(?:[\w+-]+(?:#[\w-]+)?(?=[\s\[{]|$))?(?P<rest>[^\n]*)", re.ASCII)
_ATTRIBUTES = re.compile(r"\{[^{}\n]*\}")
_CALLOUT = re.compile(
    r"^(?P<lead>[ \t]*(?:>[ \t]*)+)\[!(?P<kind>[\w-]+)(?:\|[^\]\n]*)?\][+-]?[ \t]*(?P<title>[^\n]*)$",
    re.MULTILINE,
)
_CONTENTS = re.compile(
    r"^(?:[ \t]*(?:[-*+]|\d+\.)[ \t]+[^\n]{0,20}\n[ \t]*\{:[ \t]*toc\b[^}\n]*\}"
    r"|[ \t]*(?:\[\[_?toc_?\]\]|@?\[toc\](?:\([^)\n]*\))?|\{:[^}\n]*\}))[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_EMBED = re.compile(r"!\[\[[^\[\]\n]{1,500}\]\]")
_WIKI_LINK = re.compile(r"\[\[(?:(?P<page>[^\[\]|\n]{0,500}?)\\?\|)?(?P<shown>[^\[\]|\n]{1,500})\]\]")
_HIGHLIGHT = re.compile(
    r"==(?<![=!<>A-Za-z0-9_)\]]==)(?=[^\s=])([^=\n]{1,1000}?)(?<=[^\s=])==(?![=A-Za-z0-9_(])"
)
_BLOCK_ID = re.compile(r"\^(?<=[ \t]\^)[\w-]+[ \t]*$", re.MULTILINE)
_ATTRIBUTE = r"(?:[.#][\w:-]+|[\w-]+=(?:\"[^\"\n]*\"|'[^'\n]*'|[\w%./:-]+))"
# {: .red}; [按钮](a){ .button }; and at the end of a line, {#id}.
_INLINE_ATTRIBUTES = re.compile(
    rf"\{{:[ .#:/][^{{}}\n]*\}}|(?<=[)\]*_\x02>])\{{[ \t]?{_ATTRIBUTE}(?:[ \t]+{_ATTRIBUTE})*[ \t]*\}}"
    rf"|\{{[ \t]?[.#][\w:-]+(?:[ \t]+{_ATTRIBUTE})*[ \t]*\}}[ \t]*$",
    re.MULTILINE | re.ASCII,
)
_ICON = re.compile(r":(?:material|fontawesome|octicons|simple|custom)-[a-z0-9-]+:")
_ABBREVIATION = re.compile(r"^[ \t]*\*\[([^\[\]\n]{1,100})\]:[ \t]*([^\n]*)$", re.MULTILINE)
_INLINE_NOTE = re.compile(r"\^\[((?:[^\[\]\n]|\[[^\[\]\n]*\]){1,1000})\]")
MARKDOWN_INSIDE = re.compile(
    r"<(?:div|details|section|article|aside|blockquote|figure|center|td|li|dd)\b[^<>\n]*?"
    r"\smarkdown(?:=[\"']?\w+[\"']?)?(?=[\s>])[^<>\n]*>"
)
_NAMED_COMPONENT = re.compile(r"<[A-Z][\w.]*\s(?:[^<>\"'\n]|\"[^\"\n]*\"|'[^'\n]*')*>")
# !!! note "标题" and === "页", with an indented block below; /// note | 标题.
_INDENTED = re.compile(
    r"[ \t]*(?:(?:!!!|\?\?\?\+?)(?=[ \t]+\S)(?:[ \t]+[A-Za-z][\w-]*)*(?:[ \t]+\"(?P<title>[^\n]*)\")?"
    r"|===[+!]?[ \t]+\"(?P<tab>[^\n]*)\")[ \t]*",
    re.ASCII,
)
_INDENT = 4
_SLASHES = re.compile(
    rf"{_ALONE}/{{3,}}(?:[ \t]*[a-z][a-z-]*(?:[ \t]*\|[ \t]*(?P<title>[^\n]*))?)?[ \t]*$", re.MULTILINE
)
# What begins a comment, and what ends it. %% is Obsidian's.
_COMMENTS = (
    (re.compile(r"\{%-?[ \t]*comment[ \t]*-?%\}"), re.compile(r"\{%-?[ \t]*endcomment[ \t]*-?%\}")),
    (re.compile(r"\{::comment\}"), re.compile(r"\{:/(?:comment)?\}")),
    (re.compile(r"^[ \t]*%%[ \t]*$", re.MULTILINE), re.compile(r"%%[ \t]*$", re.MULTILINE)),
)
_SHORT_COMMENT = re.compile(
    r"%%(?<![\w%]%%)(?:[^%\n]|%(?!%)){1,2000}%%(?!%)|^%%(?:[^%\n]|%(?!%)|\n(?!\s*\n)){1,5000}%%[ \t]*$"
    r"|\{#(?:[^#{}\n]|#(?!\}))*#\}",
    re.MULTILINE | re.ASCII,
)
# **“引用”**后 is bold on pages of people who write Chinese, and not by CommonMark's rule of flanking.
_PUNCTUATION = (
    r"!-/:-@\[-`{-~\u2010-\u2027\u2030-\u205e\u3001-\u3003\u3008-\u3011\u3014-\u301f"
    r"\uff01-\uff0f\uff1a-\uff20"
)
_DELETED = re.compile(r"(?P<marks>~~)(?<![~\\]~~)(?!~)(?P<inner>(?:[^~\n\\]|\\.){1,1000}?)(?<!\\)~~(?!~)")
_EMPHASIS = re.compile(
    r"(?P<marks>\*(?<![*\\]\*)(?:\*{1,2}|(?!\s)))(?!\*)(?P<inner>(?:[^*\n\\]|\\.){1,1000}?)(?<!\\)(?P=marks)(?!\*)"
)
_TILDE = re.compile(r"~(?<![~\\]~)(?!~)")

# MDX: imports and exports, comments, components.
_MODULE_LINE = re.compile(
    r"""^(?:import[ \t]+(?:[^\n]*?[ \t{},*])?(?:from[ \t]*)?["'][^"'\n]+["'];?[ \t]*$
      | import[ \t]*\{[^}]*\}[ \t]*from[ \t]*["'][^"'\n]+["'];?[ \t]*$
      | export[ \t]+(?:default|const|let|var|function|class|async|\{|\*)(?:[^\n]+\n?)+)""",
    re.MULTILINE | re.VERBOSE,
)
_JSX_COMMENT = re.compile(r"\{/\*.*?\*/\}", re.DOTALL)
# What JSX has for the value of an attribute: <span style={{…}}>.
_JSX_ATTRIBUTE = re.compile(
    r"[ \t][A-Za-z][\w-]*=\{(?:[^{}\n]|\{[^{}\n]*\}){0,1000}\}(?=[^<>\n]{0,1000}>)", re.ASCII
)
_COMPONENT = r"</?(?:[A-Z][\w.]*)?(?:\s(?:[^<>{}\"']|\"[^\"]*\"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*\})*)?/?>"
_COMPONENT_LINE = re.compile(rf"^[ \t]*(?:{_COMPONENT}[ \t]*)+$", re.MULTILINE)
_ANY_COMPONENT = re.compile(_COMPONENT)
_EXPRESSION = re.compile(
    r"""\{[ \t]*(?:["'`](?P<text>[^"'`{}\n]*)["'`]|[A-Za-z_$][\w.$]*(?:\(\))?)[ \t]*\}""", re.ASCII
)


def without_comments(text: str) -> str:
    """A text without the comments of Liquid, kramdown, Nunjucks and Obsidian, as far as they are closed."""
    for opening, closing in _COMMENTS:
        parts: list[str] = []
        done = 0
        while (start := opening.search(text, done)) and (end := closing.search(text, start.end())):
            parts.append(text[done : start.start()])
            done = end.end()
        text = "".join(parts) + text[done:]
    return _SHORT_COMMENT.sub("", text) if "%%" in text or "{#" in text else text


def without_additions(text: str, code: list[str]) -> str:
    """Markdown without the syntax that generators add.

    `code` has the pieces of code that were set aside, for which numbers stand in the text: those in indented
    blocks change their indent, and included files go from them.
    """
    if "{%" in text or "{{" in text:
        text = _templates_applied(text, code)
    if "%%" in text or "{:" in text or "{#" in text:
        text = without_comments(text)
    if "8<" in text or "<<<" in text:
        text = _INCLUDE.sub("", text)
    if "!!!" in text or "???" in text or "===" in text:
        text = _unindented(text, code)
    if ":::" in text:
        text = _CONTAINER.sub(_container_line, text)
    if "///" in text:
        text = _SLASHES.sub(_titled_line, text)
    if "toc" in text or "TOC" in text or "{:" in text:
        text = _CONTENTS.sub("", text)
    if "[!" in text:
        text = _CALLOUT.sub(lambda found: f"{found['lead']}{found['title']}\n{found['lead']}", text)
    if "[[" in text:
        text = _WIKI_LINK.sub(_wiki_link, _EMBED.sub("", text))
    if "{" in text:
        text = _INLINE_ATTRIBUTES.sub("", text)
    if "==" in text:
        text = _HIGHLIGHT.sub(r"\1", text)
    if "markdown" in text and MARKDOWN_INSIDE.search(text):
        text = MARKDOWN_INSIDE.sub(r"\g<0>\n\n", text).replace("</summary>", "</summary>\n\n")
    if "={" in text or "{/*" in text:  # Docusaurus reads .md as MDX
        text = _JSX_ATTRIBUTE.sub("", _without_jsx_comments(text))
    text = _NAMED_COMPONENT.sub(_component_with_text, text)
    return _inline(text)


def _inline(text: str) -> str:
    if "^" in text:
        notes: list[str] = []

        def note(found: re.Match[str]) -> str:
            notes.append(found[1])
            return ""

        text = _BLOCK_ID.sub("", _INLINE_NOTE.sub(note, text))
        text = "\n\n".join([text, *notes]) if notes else text
    if "*" in text:
        text = _EMPHASIS.sub(_emphasis, _ABBREVIATION.sub(r"\n\1: \2\n", text))
    if "](" in text:
        text = _SPACED_LINK.sub(r"<\1>", text)
    if "~~" in text:
        text = _DELETED.sub(_emphasis, text)
    if "”)" in text or "“)" in text:
        text = _QUOTED_TITLE.sub(r"\1", text)
    if "-" in text and ":" in text:
        text = _ICON.sub("", text)
    return _TILDE.sub(r"\\~", text)


def _templates_applied(text: str, code: list[str]) -> str:
    if "{{#" in text or any("{{#" in piece for piece in code):
        text = _INCLUDE.sub("", text)
        code[:] = [_INCLUDE.sub("", piece) if "{{#" in piece else piece for piece in code]
    if "{%" in text:
        text = without_comments(text)
    text = _ESCAPED_SHORTCODE.sub(r"{{&#x3c;\2&#x3e;}}", text)
    text = _CALL.sub(_call, text)
    text = _TEMPLATE_LINE.sub(_template_line, text)
    text = TEMPLATE.sub(lambda found: arguments(found[0]), text)
    return _LIQUID.sub("", text)


def _unindented(text: str, code: list[str]) -> str:
    """The text with the blocks of MkDocs, which are indented below a line that begins them, as paragraphs."""
    lines = text.split("\n")
    open_at: list[int] = []  # indents of the lines that begin the open blocks
    for number, line in enumerate(lines):
        bare = line.lstrip(" ")
        if not bare:
            continue
        indent = len(line) - len(bare)
        while open_at and indent < open_at[-1] + _INDENT:
            open_at.pop()
        begins = _INDENTED.fullmatch(line)
        is_block = begins and _indent_below(lines, number) >= indent + _INDENT
        if not open_at and not is_block:
            continue
        shift = _INDENT * len(open_at)
        for found in CODE_KEPT.finditer(line):
            piece = int(found[1])
            code[piece] = re.sub(rf"\n {{1,{shift}}}", "\n", code[piece]) if shift else code[piece]
        lines[number] = line[shift:]
        if begins and is_block:
            title = begins["title"] or begins["tab"] or ""
            lines[number] = f"\n{' ' * (indent - shift)}{title}\n"
            open_at.append(indent)
    return "\n".join(lines)


def _indent_below(lines: list[str], number: int) -> int:
    """The indent of the first line below that is not empty."""
    for line in lines[number + 1 : number + 5]:
        if bare := line.lstrip(" "):
            return len(line) - len(bare)
    return 0


def _call(found: re.Match[str]) -> str:
    if not _MATH_CALL.fullmatch(found["name"]):
        return arguments(found["said"])
    return " ".join("".join(value) for name, *value, _ in _ARGUMENT.findall(found["said"]))


def _template_line(found: re.Match[str]) -> str:
    said = " ".join(filter(None, map(arguments, TEMPLATE.findall(found["tags"]))))
    return f"{found['lead']}\n{found['lead']}{said}\n{found['lead']}" if said else found["lead"]


def arguments(tag: str) -> str:
    """Text of a template tag: its arguments from the first to the last Chinese one, without files."""
    if not _HAN.search(tag):
        return ""
    found = [(name, "".join(value)) for name, *value in _ARGUMENT.findall(tag.strip("{}<>%-/ "))]
    arguments = [(name, text) for name, value in found if not _FILE.search(text := _URL.sub(" ", value))]
    chinese = [number for number, (_, text) in enumerate(arguments) if _HAN.search(text)]
    shown = arguments[chinese[0] : chinese[-1] + 1] if chinese else []
    return " ".join(text for name, text in shown if not name or _HAN.search(text))


def _container_line(found: re.Match[str]) -> str:
    info = _CONTAINER_INFO.match(found["info"])
    assert info is not None
    rest = info["rest"]
    title = _ATTRIBUTES.sub("", rest).strip(" \t[]:") or " ".join(map(arguments, _ATTRIBUTES.findall(rest)))
    return _line_alone(found["lead"], title)


def _titled_line(found: re.Match[str]) -> str:
    return _line_alone(found["lead"], found["title"] or "")


def _line_alone(lead: str, title: str) -> str:
    """A paragraph of its own, inside quotes and lists as `lead` says."""
    return f"{lead}\n{lead}{title}\n{lead}" if title else lead


def _emphasis(found: re.Match[str]) -> str:
    """Emphasis as elements, where punctuation is inside its delimiters and a letter outside."""
    text = found.string
    inner = found["inner"].strip()
    if found["marks"] == "*" and inner != found["inner"]:
        return found[0]
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    opens = not re.match(f"[{_PUNCTUATION}]", inner) or not _is_letter(before)
    closes = not re.search(f"[{_PUNCTUATION}]\\Z", inner) or not _is_letter(after)
    if not inner or (opens and closes and inner == found["inner"]):
        return found[0]
    element = {"*": "em", "~~": "del"}.get(found["marks"], "strong")
    return f"<{element}>{inner}</{element}>"


def _is_letter(character: str) -> bool:
    return character != "" and not re.match(rf"[\s{_PUNCTUATION}]", character)


def without_components(text: str) -> str:
    text = _MODULE_LINE.sub("", text)
    text = _without_jsx_comments(text)
    text = _COMPONENT_LINE.sub(_component_line, text)
    text = _ANY_COMPONENT.sub(lambda found: arguments(found[0]), text)
    text = _JSX_ATTRIBUTE.sub("", text)
    return _EXPRESSION.sub(lambda found: found["text"] or "", text)


def _without_jsx_comments(text: str) -> str:
    last = text.rfind("*/}") + 3  # behind it, a search for the end would be in vain
    return _JSX_COMMENT.sub("", text[:last]) + text[last:] if last > 2 else text


def _component_line(found: re.Match[str]) -> str:
    said = " ".join(filter(None, map(arguments, _ANY_COMPONENT.findall(found[0]))))
    return f"\n{said}\n"


def _component_with_text(found: re.Match[str]) -> str:
    """A component of a Markdown page, behind what its attributes show."""
    said = arguments(found[0]) if '="' in found[0] or "='" in found[0] else ""
    return f"{said} {found[0]}" if said else found[0]


def _wiki_link(found: re.Match[str]) -> str:
    """The name of a link; without one, its page and heading, as Obsidian shows them."""
    if found["page"] is not None:
        return found["shown"]
    page, *headings = found["shown"].split("#")
    return " > ".join(name for name in (page, *headings) if name and not name.startswith("^"))
